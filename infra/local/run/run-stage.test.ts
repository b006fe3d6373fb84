import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { programEnvironment } from '../../process/command.ts'
import { isRunning } from '../../process/process-table.ts'
import { testFolder } from '../../process/test-folder.ts'
import { SLEEP } from '../../process/test-process.ts'
import { loadStage } from '../../stage/catalogue.ts'
import { planOf } from '../../stage/plan.ts'
import { findCgroupParent } from '../hosts/cgroup.ts'
import type { LaunchMaker } from '../launch/launches.ts'
import { stageFiles } from '../state/data-folder.ts'
import { readState } from '../state/stage-state.ts'
import { freePortBase } from './free-port-base.ts'
import { leftoversOf } from './leftovers.ts'
import { runStage } from './run-stage.ts'

it('starts dependencies first, ends them last, and keeps the state file true', async () => {
  const { run, files, events } = await trial()
  const stage = await run()
  const state = readState(files.state)
  expect(state).toMatchObject({ stage: 3, ready: true, runner: { pid: process.pid } })
  expect(state?.programs.map(({ name }) => name)).toEqual(['db', 'bank', 'app-1', 'app-2', 'app-3', 'edge'])
  expect(state?.programs.every(isRunning)).toBe(true)
  expect(events().indexOf('ask app-1')).toBeGreaterThan(events().indexOf('ask db'))
  expect(events().indexOf('ask edge')).toBeGreaterThan(events().lastIndexOf('ask app-3'))
  await stage.stop()
  const ends = events().filter((event) => event.startsWith('end'))
  expect(ends).toHaveLength(6)
  expect(ends[0]).toBe('end edge')
  expect(ends.slice(1, 4).sort()).toEqual(['end app-1', 'end app-2', 'end app-3'])
  expect([existsSync(files.state), existsSync(files.lock), leftoversOf(files)]).toEqual([false, false, []])
})

it('ends everything when one program fails, and gives the reason', async () => {
  const { run, files } = await trial({ failing: 'app-2' })
  await expect(run()).rejects.toThrow('app-2 was not ready within 0.3 s: it is broken')
  expect([existsSync(files.state), existsSync(files.lock), leftoversOf(files)]).toEqual([false, false, []])
})

it('ends everything when the first order does not go through', async () => {
  const { run, files } = await trial({ prove: () => Promise.reject(new Error('no order')) })
  await expect(run()).rejects.toThrow('no order')
  expect([existsSync(files.state), leftoversOf(files)]).toEqual([false, []])
})

it('ends everything when it is told to while it starts', async () => {
  const abort = new AbortController()
  const { run, files } = await trial({
    failing: 'edge',
    withinMs: 20_000,
    signal: abort.signal,
    onAsk: (name) => name === 'edge' && abort.abort(),
  })
  await expect(run()).rejects.toThrow('stopped while it started')
  expect([existsSync(files.state), leftoversOf(files)]).toEqual([false, []])
})

/** Whose minutes pass when the test says so. */
async function runWithLargeLog() {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const { run, files } = await trial()
  const stage = await run()
  onTestFinished(() => stage.stop())
  const log = path.join(files.logs, 'runner.log')
  writeFileSync(log, '')
  truncateSync(log, LARGE_BYTES)
  return { stage, log }
}

it('limits its logs every minute while it runs, and no more once it is stopped', async () => {
  const { stage, log } = await runWithLargeLog()
  vi.advanceTimersByTime(60_000)
  expect([log, `${log}.1`].map((file) => statSync(file).size)).toEqual([0, LARGE_BYTES])
  await stage.stop()
  truncateSync(log, LARGE_BYTES)
  vi.advanceTimersByTime(60_000)
  expect(statSync(log).size).toBe(LARGE_BYTES)
})

it('goes on where no older log can be kept', async () => {
  const { log } = await runWithLargeLog()
  mkdirSync(`${log}.1`)
  expect(() => vi.advanceTimersByTime(60_000)).not.toThrow()
  expect(statSync(log).size).toBe(0)
})

it('starts a program again where its state file cannot be written', async () => {
  const { run, files } = await trial()
  const stage = await run()
  onTestFinished(() => stage.stop())
  const app = () => stage.state.programs.find(({ name }) => name === 'app-1')
  const killed = app()?.pid || expect.fail('app-1 does not run')
  mkdirSync(`${files.state}.${process.pid}.draft`)
  process.kill(killed, 'SIGKILL')
  await vi.waitFor(() => expect(app()).toMatchObject({ restarts: 1, condition: 'up' }), { timeout: 20_000 })
  expect(app()?.pid).not.toBe(killed)
  // What others are told is out of date, as it must be where nothing can be written.
  expect(readState(files.state)?.programs.find(({ name }) => name === 'app-1')?.pid).toBe(killed)
})

it.skipIf(!findCgroupParent())('starts a program again in the group of its host: its first line is written there', async () => {
  const { run, born } = await trial({ sizeCpu: 0.5 })
  const stage = await run()
  onTestFinished(() => stage.stop())
  const group = stage.state.hosts.find(({ name }) => name === 'app-1')?.cgroup ?? ''
  expect(born('app-1')).not.toContain(path.basename(group))
  process.kill(stage.state.programs.find(({ name }) => name === 'app-1')?.pid || expect.fail('app-1 does not run'), 'SIGKILL')
  await vi.waitFor(() => expect(born('app-1')).toContain(`/${path.basename(group)}`), { timeout: 20_000 })
})

it('is refused to a second one, which ends nothing', async () => {
  const { run, files } = await trial()
  const stage = await run()
  await expect(run()).rejects.toThrow(`already running, started by process ${process.pid}`)
  expect(readState(files.state)?.programs.every(isRunning)).toBe(true)
  await stage.stop()
})

/** Code that reads which groups it is in. */
const OWN_GROUP = `fs.existsSync('/proc/self/cgroup') ? fs.readFileSync('/proc/self/cgroup') : ''`
const LARGE_BYTES = 21 * 1024 * 1024

type Trial = {
  failing?: string
  withinMs?: number
  signal?: AbortSignal
  prove?: () => Promise<void>
  onAsk?: (name: string) => void
  sizeCpu?: number | null
}

/** Stage 3 with stand-ins: each writes a line when it is asked and when it is told to end. */
async function trial({ failing, withinMs = 300, signal, prove, onAsk, sizeCpu = null }: Trial = {}) {
  const folder = testFolder()
  const files = stageFiles('3-load-balanced', folder)
  const log = path.join(folder, 'events')
  const plan = planOf(await loadStage('3'), { portBase: await freePortBase() })
  const makeLaunch: LaunchMaker = async ({ name }) => ({
    path: process.execPath,
    args: [
      '-e',
      `process.on('SIGTERM', () => { fs.appendFileSync(${JSON.stringify(log)}, 'end ${name}\\n'); process.exit() }); fs.writeFileSync('${folder}/${name}.up', ${OWN_GROUP}); ${SLEEP}`,
    ],
    env: programEnvironment(files.folder),
    ready: async () => {
      onAsk?.(name)
      if (name === failing) throw new Error('it is broken')
      if (!existsSync(`${folder}/${name}.up`)) throw new Error('not up')
      appendFileSync(log, `ask ${name}\n`)
    },
    answers: async () => {},
    readyWithinMs: name === failing ? withinMs : 20_000,
    stopWithinMs: 5_000,
  })
  const options = {
    files,
    sizeCpu,
    onProgress: () => {},
    signal: signal ?? new AbortController().signal,
    makeLaunch,
    prove: prove ?? (async () => {}),
  }
  const run = () => runStage(plan, options)
  onTestFinished(() => expect(leftoversOf(files)).toEqual([]))
  const born = (name: string) => readFileSync(path.join(folder, `${name}.up`), 'utf8')
  return { run, files, born, events: () => readFileSync(log, 'utf8').split('\n').filter(Boolean) }
}
