import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

let checkout: string
beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'outgrow-setup-test-'))
  await mkdir(join(checkout, 'infra/setup'), { recursive: true })
  for (const file of ['ensure-dependencies.mjs', 'file-lock.mjs']) {
    await cp(join(import.meta.dirname, file), join(checkout, 'infra/setup', file))
  }
  await writeFile(join(checkout, 'package-lock.json'), JSON.stringify(LOCK))
  await writeFile(join(checkout, 'npm-cli.mjs'), FAKE_NPM)
})
afterEach(() => rm(checkout, { recursive: true, force: true }))

const LOCK = {
  packages: { '': {}, 'node_modules/node': { version: '24.0.0' }, 'node_modules/other-os': { version: '1.0.0', optional: true } },
}

/** Does what npm does: clears node_modules, takes its time, writes down at the end what it installed. */
const FAKE_NPM = `
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
appendFileSync('calls', process.argv.slice(2, 3) + '\\n')
if (process.env.FAIL) {
  console.error('npm warn EBADENGINE noise\\nnpm error code ENOTFOUND\\nnpm error network no route\\nnpm error A complete log of this run: x')
  process.exit(1)
}
rmSync('node_modules', { recursive: true, force: true })
setTimeout(() => {
  mkdirSync('node_modules/.bin', { recursive: true })
  writeFileSync('node_modules/.bin/node', '')
  writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages: { 'node_modules/node': { version: '24.0.0' } } }))
  console.log('noise')
}, 100)`

type Run = { status: number; output: string }

function ensure(env: Record<string, string> = {}): Promise<Run> {
  const script = join(checkout, 'infra/setup/ensure-dependencies.mjs')
  const options = { env: { ...process.env, npm_execpath: join(checkout, 'npm-cli.mjs'), ...env }, timeout: 60_000 }
  return new Promise((resolve) => {
    execFile(process.execPath, [script], options, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), output: stdout + stderr })
    })
  })
}

async function calls(): Promise<string[]> {
  const text = await readFile(join(checkout, 'calls'), 'utf8').catch(() => '')
  return text.split('\n').filter((line) => line !== '')
}

test('installs once, in two lines, and is silent afterwards', async () => {
  const { status, output } = await ensure()
  expect({ status, output }).toEqual({
    status: 0,
    output: expect.stringMatching(/^npm ci: installing.*\nnpm ci: packages installed in \d+ s\n$/),
  })
  expect(await ensure()).toEqual({ status: 0, output: '' })
  expect(await calls()).toEqual(['ci'])
})

test('two starts at once install once', async () => {
  const runs = await Promise.all([ensure(), ensure()])
  expect(runs.map(({ status }) => status)).toEqual([0, 0])
  expect(await calls()).toEqual(['ci'])
})

test('installs again when the lock file has changed', async () => {
  await ensure()
  await writeFile(join(checkout, 'package-lock.json'), JSON.stringify(LOCK).replace('24.0.0', '24.0.1'))
  await ensure()
  expect(await calls()).toEqual(['ci', 'ci'])
})

test('takes what somebody installed by hand', async () => {
  await ensure()
  await rm(join(checkout, 'node_modules/.outgrow-installed'))
  expect(await ensure()).toEqual({ status: 0, output: '' })
  expect(await calls()).toEqual(['ci'])
})

test('installs anew what a killed npm left half-way', async () => {
  await ensure()
  await rm(join(checkout, 'node_modules/.outgrow-installed'))
  await rm(join(checkout, 'node_modules/.package-lock.json'))
  await ensure()
  expect(await calls()).toEqual(['ci', 'ci'])
})

test('a failure is one line with npm’s reason', async () => {
  const { status, output } = await ensure({ FAIL: '1' })
  expect(status).toBe(1)
  expect(output.split('\n').slice(1)).toEqual(['error: npm ci failed: code ENOTFOUND; network no route', ''])
})

test('an old Node is told so', async () => {
  const script = join(checkout, 'infra/setup/ensure-dependencies.mjs')
  await writeFile(script, (await readFile(script, 'utf8')).replace('process.versions.node', "'18.20.0'"))
  const { status, output } = await ensure()
  expect(status).toBe(1)
  expect(output).toMatch(/^error: Outgrow needs Node 20 or newer to install itself; this is Node /)
})
