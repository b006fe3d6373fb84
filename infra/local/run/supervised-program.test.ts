import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import { freePort } from '../../process/free-port.ts'
import { httpCall } from '../../process/http-call.ts'
import { processWith } from '../../process/process-table.ts'
import { testFolder } from '../../process/test-folder.ts'
import { IGNORE_TERM, SLEEP } from '../../process/test-process.ts'
import type { Launch } from '../launch/launch.ts'
import type { Condition } from '../state/stage-state.ts'
import { SupervisedProgram } from './supervised-program.ts'

const WITHIN = { timeout: 20_000, interval: 20 }

it('starts a program that ended again, and tells', async () => {
  const told = logged()
  const { program, pid } = await started(SLEEP)
  const first = pid()
  process.kill(first, 'SIGKILL')
  await vi.waitFor(() => expect(told()).toContain(`app-1 was started again as process ${pid()}`), WITHIN)
  expect(pid()).not.toBe(first)
  expect([program.condition, program.restarts]).toEqual(['up', 1])
})

it('starts a program that ends again and again only every few seconds, and goes on until it stays', async () => {
  const told = logged()
  const { program, pid } = await started(SLEEP)
  for (let round = 1; round <= 6; round++) {
    await vi.waitFor(() => expect([program.condition, pid() > 0]).toEqual(['up', true]), WITHIN)
    process.kill(pid(), 'SIGKILL')
    await vi.waitFor(() => expect(program.condition === 'down' || program.restarts === round).toBe(true), WITHIN)
  }
  await vi.waitFor(() => expect(program.condition).toBe('down'), WITHIN)
  expect([program.restarts, program.identity]).toEqual([5, undefined])
  expect(told()).toContain('app-1 ended (SIGKILL), too often: it is started again in 7 s')
  await vi.waitFor(() => expect([program.condition, program.restarts]).toEqual(['up', 6]), WITHIN)
})

it('is not up before it has answered: one that never does is ended and started again', async () => {
  const { program, pid, conditions, set } = await started(SLEEP, { readyWithinMs: 300 })
  set({ ready: notYet, answers: notYet })
  const first = pid()
  conditions.length = 0
  process.kill(first, 'SIGKILL')
  await vi.waitFor(() => expect(program.restarts).toBeGreaterThan(2), WITHIN)
  expect(new Set(conditions)).toEqual(new Set(['restarting', 'waiting']))
  set({ ready: async () => {}, answers: async () => {} })
  await vi.waitFor(() => expect(program.condition).toBe('up'), WITHIN)
  expect(processWith(first)).toBeUndefined()
})

it('lets one wait that answers and cannot work yet', async () => {
  const { program, pid, set } = await started(SLEEP, { readyWithinMs: 100 })
  const answers = vi.fn(async () => {})
  set({ ready: notYet, answers })
  process.kill(pid(), 'SIGKILL')
  await vi.waitFor(() => expect([program.condition, answers.mock.calls.length]).toEqual(['waiting', 1]), WITHIN)
  const waiting = pid()
  await sleep(500)
  expect([program.condition, program.restarts, pid()]).toEqual(['waiting', 1, waiting])
  set({ ready: async () => {} })
  await vi.waitFor(() => expect([program.condition, program.restarts, pid()]).toEqual(['up', 1, waiting]), WITHIN)
})

it.each([
  ['is stopped', 'SIGSTOP'],
  ['runs in a circle', 'SIGUSR2'],
] as const)('replaces a program that %s and answers nothing for 15 s', async (_how, signal) => {
  const told = logged()
  const { program, pid, log } = await hearing()
  const first = pid()
  process.kill(first, signal)
  await untilSilent(program)
  expect([program.condition, pid()]).toEqual(['up', first])
  for (let asked = 0; asked < 2; asked++) await askLater(program)
  expect(pid()).toBe(first)
  await askLater(program)
  await vi.waitFor(() => expect([program.condition, program.restarts]).toEqual(['up', 1]), WITHIN)
  expect([pid() === first, program.silentSince]).toEqual([false, undefined])
  expect(told()).toMatch(/app-1 has not answered since \S+ \(no answer within 100 ms\): it is ended/)
  // It was not woken to be told to end.
  expect(readFileSync(log, 'utf8')).not.toContain('heard TERM')
})

it('blames nobody for a sleep of the machine, whatever was owed before it', async () => {
  const { program, pid } = await hearing()
  const first = pid()
  process.kill(first, 'SIGSTOP')
  await untilSilent(program)
  for (let asked = 0; asked < 2; asked++) await askLater(program)
  vi.setSystemTime(Date.now() + 600_000)
  for (let asked = 0; asked < 3; asked++) await askLater(program)
  expect([pid(), program.restarts]).toEqual([first, 0])
  expect(program.silentSince).toBeInstanceOf(Date)
  await askLater(program)
  await vi.waitFor(() => expect([program.condition, program.restarts]).toEqual(['up', 1]), WITHIN)
})

it('takes an answer that comes late for a sign of life', async () => {
  const { program, pid } = await hearing()
  process.kill(pid(), 'SIGSTOP')
  await untilSilent(program)
  for (let asked = 0; asked < 2; asked++) await askLater(program)
  process.kill(pid(), 'SIGCONT')
  await vi.waitFor(async () => {
    await program.ask()
    expect(program.silentSince).toBeUndefined()
  }, WITHIN)
  expect(program.restarts).toBe(0)
})

it('does not ask one that starts: a database that recovers has time', async () => {
  const { program, pid, set } = await started(SLEEP)
  set({ ready: notYet, answers: notYet })
  process.kill(pid(), 'SIGKILL')
  await vi.waitFor(() => expect([program.condition, pid() > 0]).toEqual(['waiting', true]), WITHIN)
  const recovering = pid()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  onTestFinished(() => void vi.useRealTimers())
  for (let count = 0; count < 4; count++) await program.ask()
  expect([pid(), program.restarts]).toEqual([recovering, 1])
})

it('without supervision leaves what hangs, and what has ended', async () => {
  const { program, pid } = await hearing({ restarts: false })
  process.kill(pid(), 'SIGSTOP')
  await untilSilent(program)
  for (let asked = 0; asked < 9; asked++) await askLater(program)
  expect([program.condition, program.restarts, processWith(pid())?.pid]).toEqual(['up', 0, pid()])
  expect(program.silentSince).toBeInstanceOf(Date)
  process.kill(pid(), 'SIGKILL')
  await vi.waitFor(() => expect([program.condition, program.identity]).toEqual(['down', undefined]), WITHIN)
  await sleep(200)
  expect([program.condition, program.restarts]).toEqual(['down', 0])
})

it('throws how it ended and its last lines when it ends while it starts', async () => {
  const { program } = supervised({ code: `console.log('no such table'); process.exit(3)`, ready: notYet })
  await expect(program.start()).rejects.toThrow('app-1 ended while it started (exit status 3)\n  no such table')
})

it('throws what was missing when it is not ready in time', async () => {
  const { program } = supervised({ code: SLEEP, ready: notYet, readyWithinMs: 200 })
  await expect(program.start()).rejects.toThrow('app-1 was not ready within 0.2 s: the port is shut')
})

it('throws when the program is not there', async () => {
  const { program } = supervised({ code: SLEEP, ready: notYet, path: '/no/such/program' })
  await expect(program.start()).rejects.toThrow('ENOENT')
})

it('kills one that does not hear TERM, and does not start it again', async () => {
  const { program, pid } = await started(IGNORE_TERM, { stopWithinMs: 100 })
  const first = pid()
  await program.stop()
  expect([processWith(first), program.identity, program.restarts]).toEqual([undefined, undefined, 0])
})

it('does not wait long for the end of one that was never ready', { timeout: 20_000 }, async () => {
  const code = `${IGNORE_TERM}; console.log('deaf')`
  const { program, log } = supervised({ code, ready: notYet, readyWithinMs: 100_000, stopWithinMs: 40_000 })
  const start = expect(program.start()).rejects.toThrow('app-1 ended while it started (SIGKILL)')
  await vi.waitFor(() => expect(readFileSync(log, 'utf8')).toContain('deaf'), WITHIN)
  await program.stop()
  await start
})

it('gives the program its own environment alone', async () => {
  vi.stubEnv('NODE_OPTIONS', '--title=callers')
  onTestFinished(() => void vi.unstubAllEnvs())
  const { log } = await started(`console.log(JSON.stringify(process.env)); ${SLEEP}`)
  await vi.waitFor(() => expect(JSON.parse(readFileSync(log, 'utf8'))).toEqual({ OWN: 'yes' }), WITHIN)
})

const notYet = () => Promise.reject(new Error('the port is shut'))

/** Answers HTTP on a port of its own until it is stopped, or told to compute for ever. */
async function hearing(parts: Partial<Wanted> = {}) {
  const port = await freePort()
  const code = `
    process.on('SIGTERM', () => { console.log('heard TERM'); process.exit() })
    process.on('SIGUSR2', () => { for (;;); })
    require('node:http').createServer((_, answer) => answer.end()).listen(${port}, '127.0.0.1')`
  const answers = async () => void (await httpCall(`http://127.0.0.1:${port}/`, { timeoutMs: 100 }))
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  onTestFinished(() => void vi.useRealTimers())
  return started(code, { ready: answers, answers, ...parts })
}

/** It has owed one answer: a signal may be heard a moment late. */
async function untilSilent(program: SupervisedProgram): Promise<void> {
  await vi.waitFor(async () => {
    await program.ask()
    expect(program.silentSince).toBeInstanceOf(Date)
  }, WITHIN)
}

/** Asks when the time has come to ask again. */
async function askLater(program: SupervisedProgram): Promise<void> {
  vi.setSystemTime(Date.now() + 5_000)
  await program.ask()
}

function logged(): () => string {
  const spy = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => spy.mockRestore())
  return () => spy.mock.calls.join('\n')
}

type Wanted = { code: string; restarts?: boolean } & Partial<Launch>

async function started(code: string, wanted: Partial<Wanted> = {}) {
  const made = supervised({ code, ...wanted })
  await made.program.start()
  return made
}

function supervised({ code, restarts = true, ...changes }: Wanted) {
  const log = path.join(testFolder(), 'logs', 'app.log')
  mkdirSync(path.dirname(log))
  const base = { path: process.execPath, args: ['-e', code], env: { OWN: 'yes' }, readyWithinMs: 10_000, stopWithinMs: 5_000 }
  const launch = { ...base, ready: async () => {}, answers: async () => {}, ...changes }
  const conditions: Condition[] = []
  const changed = () => void conditions.push(program.condition)
  const asked = { ...launch, ready: () => launch.ready(), answers: () => launch.answers() }
  const program: SupervisedProgram = new SupervisedProgram('app-1', {
    launch: asked,
    log,
    place: (command) => command,
    changed,
    restarts,
  })
  onTestFinished(() => program.stop())
  const set = (later: Partial<Launch>) => Object.assign(launch, later)
  return { program, log, conditions, set, pid: () => program.identity?.pid ?? 0 }
}
