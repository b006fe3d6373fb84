import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { processWith } from '../../process/process-table.ts'
import { testFolder } from '../../process/test-folder.ts'
import { IGNORE_TERM, SLEEP } from '../../process/test-process.ts'
import type { Launch } from '../launch/launch.ts'
import { SupervisedProgram } from './supervised-program.ts'

const WITHIN = { timeout: 20_000, interval: 20 }

it('starts a program that ended again, and tells', async () => {
  const healed = vi.fn()
  const { program, pid } = await started(SLEEP, { healed })
  const first = pid()
  process.kill(first, 'SIGKILL')
  await vi.waitFor(() => expect(healed).toHaveBeenCalledWith(pid()), WITHIN)
  expect(pid()).not.toBe(first)
  expect([program.condition, program.restarts]).toEqual(['up', 1])
})

it('gives up a program that ends again and again, as down', async () => {
  const { program, pid } = await started(SLEEP)
  for (let round = 1; round <= 6; round++) {
    await vi.waitFor(() => expect([program.condition, pid() > 0]).toEqual(['up', true]), WITHIN)
    process.kill(pid(), 'SIGKILL')
    await vi.waitFor(() => expect(program.condition === 'down' || program.restarts === round).toBe(true), WITHIN)
  }
  await vi.waitFor(() => expect(program.condition).toBe('down'), WITHIN)
  expect([program.restarts, program.identity]).toEqual([5, undefined])
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

it('gives the program its own environment alone', async () => {
  vi.stubEnv('NODE_OPTIONS', '--title=callers')
  onTestFinished(() => void vi.unstubAllEnvs())
  const { log } = await started(`console.log(JSON.stringify(process.env)); ${SLEEP}`)
  await vi.waitFor(() => expect(JSON.parse(readFileSync(log, 'utf8'))).toEqual({ OWN: 'yes' }), WITHIN)
})

const notYet = () => Promise.reject(new Error('the port is shut'))

type Wanted = { code: string; healed?: (pid: number) => void } & Partial<Launch>

async function started(code: string, wanted: Partial<Wanted> = {}) {
  const made = supervised({ code, ...wanted })
  await made.program.start()
  return made
}

function supervised({ code, healed = () => {}, ...changes }: Wanted) {
  const log = path.join(testFolder(), 'logs', 'app.log')
  mkdirSync(path.dirname(log))
  const base = { path: process.execPath, args: ['-e', code], env: { OWN: 'yes' }, readyWithinMs: 10_000, stopWithinMs: 5_000 }
  const launch = { ...base, ready: async () => {}, ...changes }
  const program = new SupervisedProgram('app-1', { launch, log, watch: { changed: () => {}, healed } })
  onTestFinished(() => program.stop())
  return { program, log, pid: () => program.identity?.pid ?? 0 }
}
