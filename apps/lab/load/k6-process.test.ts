import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { signalGroup } from '../../../infra/process/process-group.ts'
import { identityOf } from '../../../infra/process/process-table.ts'
import { SLEEP } from '../../../infra/process/test-process.ts'
import { until } from '../../../infra/process/until.ts'
import { complaintOf, runK6 } from './k6-process.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outgrow-k6-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Stands in for k6: a Node program that is called as k6 is. */
function run(program: string, { deadlineMs = 30_000, signal = new AbortController().signal } = {}) {
  const file = join(folder, 'k6.mjs')
  writeFileSync(file, program)
  const k6 = { path: process.execPath, args: [file], env: {} }
  return runK6({ k6, script: 'script.ts', env: { RATE: '5' }, folder, deadlineMs, signal })
}

const READY = { withinMs: 20_000, everyMs: 10, complaint: 'it was not ready' }

/** Runs until it is interrupted, and says when it is ready for that. */
const waits = () => `
  import { writeFileSync } from 'node:fs'
  process.on('SIGINT', () => process.exit(105))
  writeFileSync(${JSON.stringify(join(folder, 'ready'))}, 'yes')
  setInterval(() => {}, 1000)
`

/** As k6 does at its end. */
const WRITES_SUMMARY = `
  import fs from 'node:fs'
  const file = process.argv[process.argv.indexOf('--summary-export') + 1]
  fs.writeFileSync(file, JSON.stringify({ metrics: {}, setup_data: { sids: ['secret-session'] } }))`

test('is told the script and its settings, and nothing of the caller', async () => {
  process.env.K6_OUT = 'cloud'
  try {
    const told =
      'console.log(JSON.stringify({ args: process.argv.slice(2), out: process.env.K6_OUT ?? null, usage: process.env.K6_NO_USAGE_REPORT }))'
    expect(await run(told)).toMatchObject({ status: 0, timedOut: false })
  } finally {
    delete process.env.K6_OUT
  }
  const { args, out, usage } = JSON.parse(readFileSync(join(folder, 'k6.out'), 'utf8'))
  expect(args[0]).toBe('run')
  expect(args).toContain('--no-usage-report')
  expect(args.slice(-3)).toEqual(['--env', 'RATE=5', 'script.ts'])
  expect({ out, usage }).toEqual({ out: null, usage: 'true' })
})

test('passes on the exit status and the complaint without its stack', async () => {
  const fails = `process.stderr.write('thresholds on metrics x\\nError: RATE must be a number of at most 5\\n\\tat file:///a.ts:1:1\\n'); process.exitCode = 107`
  expect(await run(fails)).toMatchObject({ status: 107 })
  expect(complaintOf(folder)).toBe('RATE must be a number of at most 5')
})

test('is interrupted when the caller says so', async () => {
  const controller = new AbortController()
  const ending = run(waits(), { signal: controller.signal })
  await until(() => isThere('ready'), READY)
  controller.abort()
  expect(await ending).toMatchObject({ status: 105, timedOut: false })
})

test('is interrupted at its deadline', async () => {
  // On a busy machine it may come before the program listens for it; then it just ends.
  expect(await run(waits(), { deadlineMs: 1_500 })).toMatchObject({ status: expect.toBeOneOf([105, null]), timedOut: true })
})

test.each([0, 99, 105, 107])('keeps no session when k6 ends with %i', async (status) => {
  expect(await run(`${WRITES_SUMMARY}; process.exitCode = ${status}`)).toMatchObject({ status })
  expect(JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'))).toEqual({ metrics: {} })
})

test('leaves neither k6 nor a session behind when the process exits at once', async () => {
  const file = join(folder, 'k6.mjs')
  writeFileSync(
    file,
    `${WRITES_SUMMARY}; process.on('SIGINT', () => {}); fs.writeFileSync('${folder}/ready', String(process.pid)); ${SLEEP}`,
  )
  const caller = `
    import { runK6 } from ${JSON.stringify(join(import.meta.dirname, 'k6-process.ts'))}
    const k6 = { path: process.execPath, args: [${JSON.stringify(file)}], env: {} }
    process.on('SIGTERM', () => process.exit(130))
    await runK6({ k6, script: 's', env: {}, folder: ${JSON.stringify(folder)}, deadlineMs: 60_000, signal: new AbortController().signal })
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', caller], { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  await until(() => isThere('ready'), READY)
  const pid = Number(readFileSync(join(folder, 'ready'), 'utf8'))
  const k6 = identityOf(pid)
  onTestFinished(() => k6 && signalGroup(k6, 'SIGKILL'))
  child.kill('SIGTERM')
  expect(await ended).toBe(130)
  await vi.waitFor(() => expect(identityOf(pid)).toBeUndefined(), { timeout: 20_000, interval: 20 })
  expect(readFileSync(join(folder, 'summary.json'), 'utf8')).not.toContain('secret-session')
})

test('a program that cannot be run is an error', async () => {
  const k6 = { path: join(folder, 'nothing'), args: [], env: {} }
  const signal = new AbortController().signal
  await expect(runK6({ k6, script: 's', env: {}, folder, deadlineMs: 1_000, signal })).rejects.toThrow('ENOENT')
})

function isThere(name: string): boolean {
  return existsSync(join(folder, name))
}
