import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { runProgram } from '../../infra/process/run-program.ts'
import { writeKit } from './prefetch/write-kit.ts'

const ROOT = join(import.meta.dirname, '../..')
const ENTRY = 'apps/lab/entry.mjs'
const SETUP = 'infra/setup/ensure-dependencies.mjs'

/** With the characters that a PATH, a shell and a URL cannot take as they are. */
let checkout: string
beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), "outgrow 'entry' a:b#c-"))
  await mkdir(join(checkout, 'apps/lab'), { recursive: true })
  await mkdir(join(checkout, 'infra/setup'), { recursive: true })
  const parts = ['file-lock', 'hand-over', 'kit', 'tar'].map((name) => `infra/setup/${name}.mjs`)
  for (const file of [ENTRY, SETUP, ...parts]) await cp(join(ROOT, file), join(checkout, file))
  await writeFile(join(checkout, 'apps/lab/main.ts'), MAIN)
  await writeFile(join(checkout, 'package-lock.json'), JSON.stringify(LOCK))
  await writeFile(join(checkout, 'npm-cli.mjs'), FAKE_NPM)
})
afterEach(() => rm(checkout, { recursive: true, force: true }))

const LOCK = {
  packages: { '': {}, 'node_modules/node': { version: '24.0.0' }, 'node_modules/other-os': { version: '1.0.0', optional: true } },
}

/** Where the process that runs it is Node 24 itself. */
const MAIN = `console.log('main has', ...(process.argv.slice(2) as string[]))`

/** Stands for Node 24: says what it is to run, and ends in the way that is asked for. */
const FAKE_NODE = `#!/bin/sh
echo "node 24 has $2"
[ "$2" != wait ] || { trap 'echo "heard TERM"; exit 9' TERM; echo waiting; while :; do sleep 0.05; done; }
[ "$2" != die ] || kill -KILL $$
exit 7
`

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
  mkdirSync('node_modules/node/bin', { recursive: true })
  const script = ${JSON.stringify("require('node:fs').mkdirSync('bin', { recursive: true }); require('node:fs').writeFileSync('bin/node', NODE, { mode: 0o755 })")}
  if (process.env.IGNORE_SCRIPTS) writeFileSync('node_modules/node/installArchSpecificPackage.js', process.env.NO_NETWORK ? 'console.log("npm error code ENOTFOUND")' : 'const NODE = ' + JSON.stringify(${JSON.stringify(FAKE_NODE)}) + ';' + script)
  else writeFileSync('node_modules/node/bin/node', ${JSON.stringify(FAKE_NODE)}, { mode: 0o755 })
  writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages: { 'node_modules/node': { version: '24.0.0' } } }))
  console.log('noise')
}, 100)`

type Run = { status: number; output: string }

async function run(env: Record<string, string> = {}, args: readonly string[] = ['status', 'a b']): Promise<Run> {
  const own = { npm_execpath: join(checkout, 'npm-cli.mjs'), OUTGROW_KIT: '', ...env }
  const entry = { path: process.execPath, args: [join(checkout, ENTRY), ...args], env: own }
  const { status, stdout, stderr } = await runProgram(entry, { deadlineMs: 60_000 })
  return { status, output: stderr + stdout }
}

/** As if another Node ran it. */
async function pretend(version: string): Promise<void> {
  const script = join(checkout, SETUP)
  await writeFile(script, (await readFile(script, 'utf8')).replaceAll('process.versions.node', `'${version}'`))
}

async function calls(): Promise<string[]> {
  const text = await readFile(join(checkout, 'calls'), 'utf8').catch(() => '')
  return text.split('\n').filter((line) => line !== '')
}

const RAN = { status: 0, output: 'main has status a b\n' }

test('installs once, in two lines, and is silent afterwards', async () => {
  const { status, output } = await run()
  expect({ status, output }).toEqual({
    status: 0,
    output: expect.stringMatching(/^npm ci: installing.*\nnpm ci: packages installed in \d+ s\nmain has status a b\n$/),
  })
  expect(await run()).toEqual(RAN)
  expect(await calls()).toEqual(['ci'])
})

test('two starts at once install once', async () => {
  const runs = await Promise.all([run(), run()])
  expect(runs.map(({ status }) => status)).toEqual([0, 0])
  expect(await calls()).toEqual(['ci'])
})

test('installs again when the lock file has changed', async () => {
  await run()
  await writeFile(join(checkout, 'package-lock.json'), JSON.stringify(LOCK).replace('24.0.0', '24.0.1'))
  await run()
  expect(await calls()).toEqual(['ci', 'ci'])
})

test('takes what somebody installed by hand', async () => {
  await run()
  await rm(join(checkout, 'node_modules/.outgrow-installed'))
  expect(await run()).toEqual(RAN)
  expect(await calls()).toEqual(['ci'])
})

test('installs anew what a killed npm left half-way', async () => {
  await run()
  await rm(join(checkout, 'node_modules/.outgrow-installed'))
  await rm(join(checkout, 'node_modules/.package-lock.json'))
  await run()
  expect(await calls()).toEqual(['ci', 'ci'])
})

/** A kit with what npm would have installed, from another checkout. */
async function layKit(): Promise<void> {
  await run()
  const source = { name: 'node_modules', folder: join(checkout, 'node_modules'), without: ['./.outgrow-installed'] }
  const lock = createHash('sha256').update(JSON.stringify(LOCK)).digest('hex')
  await writeKit([source], { into: checkout, isArchive: false, lock }, join(checkout, '.outgrow/prefetch'))
  for (const gone of ['node_modules', 'calls']) await rm(join(checkout, gone), { recursive: true })
}

test('packages come out of a kit where there is one, without npm', async () => {
  await layKit()
  const { status, output } = await run()
  expect([status, output.split('\n').slice(1)]).toEqual([0, ['main has status a b', '']])
  expect(await run()).toEqual(RAN)
  expect(await calls()).toEqual([])
})

test('a kit of another version is refused in a line, and nothing is installed', async () => {
  await layKit()
  await writeFile(join(checkout, 'package-lock.json'), JSON.stringify(LOCK).replace('24.0.0', '24.0.1'))
  const { status, output } = await run()
  expect([status, output]).toEqual([1, expect.stringMatching(/^error: the kit [^\n]+ is of another version of Outgrow[^\n]+\n$/)])
  expect(await calls()).toEqual([])
})

test('a failure is one line with npm’s reason', async () => {
  const { status, output } = await run({ FAIL: '1' })
  expect(status).toBe(1)
  expect(output.split('\n').slice(1)).toEqual(['error: npm ci failed: code ENOTFOUND; network no route', ''])
})

test('where there is no npm that is said', async () => {
  const { status, output } = await run({ npm_execpath: '', PATH: '/nowhere' })
  expect([status, output.split('\n').slice(1)]).toEqual([1, ['error: npm, which installs the packages, is not on the PATH', '']])
})

test('an old Node is told so', async () => {
  await pretend('18.20.0')
  const { status, output } = await run()
  expect(status).toBe(1)
  expect(output).toBe('error: Outgrow needs Node 20 or newer to install itself; this is Node 18.20.0\n')
})

test.each(['20.19.0', '26.0.0'])('Node %s lets Node 24 do the work and ends as that does', async (version) => {
  await pretend(version)
  expect(await run()).toEqual({ status: 7, output: expect.stringMatching(/ s\nnode 24 has status\n$/) })
  expect(await run({}, ['die'])).toEqual({ status: 137, output: 'node 24 has die\n' })
})

test('its signals are passed on', async () => {
  await pretend('20.19.0')
  await run()
  const child = spawn(process.execPath, [join(checkout, ENTRY), 'wait'], { stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  child.stdout.on('data', (text) => {
    said += text
  })
  await vi.waitFor(() => expect(said).toContain('waiting'), { timeout: 30_000 })
  child.kill('SIGTERM')
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(9)
  expect(said).toContain('heard TERM')
})

test('with installation scripts switched off Node 24 is fetched all the same', async () => {
  await pretend('20.19.0')
  const { status, output } = await run({ IGNORE_SCRIPTS: '1' })
  expect([status, output.split('\n').slice(2)]).toEqual([7, ['fetching Node 24 …', 'node 24 has status', '']])
  expect(await run({ IGNORE_SCRIPTS: '1' })).toEqual({ status: 7, output: 'node 24 has status\n' })
})

test('and where that fails one line says what is missing; Node 24 needs none', async () => {
  const refused = { IGNORE_SCRIPTS: '1', NO_NETWORK: '1' }
  expect((await run(refused)).status).toBe(0)
  await pretend('20.19.0')
  const { status, output } = await run(refused)
  const line = 'error: Outgrow runs on Node 24, this is Node 20.19.0, and npm fetched no other: code ENOTFOUND'
  expect([status, output.split('\n').slice(-2)]).toEqual([1, [line, '']])
})

test('every command of package.json is such an entry', async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const others = Object.entries(scripts).filter(([name, line]) => line !== `node ${ENTRY} ${name}`)
  expect(others).toEqual([])
})
