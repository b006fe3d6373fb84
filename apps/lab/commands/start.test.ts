/** The real command line, with a data folder and ports of its own, and real servers. */
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { findCgroupParent, groupsNamed } from '../../../infra/local/hosts/cgroup.ts'
import { groupPrefix } from '../../../infra/local/hosts/size.ts'
import { freePortBase } from '../../../infra/local/run/free-port-base.ts'
import { stageFiles } from '../../../infra/local/state/data-folder.ts'
import { readState, type StageState } from '../../../infra/local/state/stage-state.ts'
import { RUNNER_TAG, STAGE_TAG } from '../../../infra/process/command.ts'
import { httpCall } from '../../../infra/process/http-call.ts'
import { isRunning, processesTagged } from '../../../infra/process/process-table.ts'
import { type LabProcess, labProcess } from '../runner/lab-process.ts'

const data = mkdtempSync(path.join(realpathSync(tmpdir()), 'outgrow-start-'))
const files = stageFiles('1-single-node', data)
const WITHIN = { timeout: 30_000, interval: 50 }
let base = 0

beforeAll(async () => {
  base = await freePortBase()
})

afterAll(async () => {
  await lab('stop').done
  rmSync(data, { recursive: true, maxRetries: 5 })
})

describe('a command line that is wrong', () => {
  it.each([
    [['start', '9'], 'there is no stage "9"; there are: 1-single-node'],
    [['start', '1', '--set', 'colour=red'], 'no setting is called "colour"'],
    [['start', '1', '--set', 'sessions=disk'], '"disk" is no value for the setting sessions: it takes memory or mysql'],
    [['start', '--size', '0'], '"0" is no size'],
    [['start', '--size', '1', '--unsized'], 'exclude each other'],
    [['start', '--sized'], "Unknown option '--sized'"],
    [['stop', '9'], 'there is no stage "9"'],
    [['begin'], 'there is no command "begin"; there are: start, stop'],
  ])('%j is answered with one line, and nothing starts', async (args, complaint) => {
    const { status, out, error } = await lab(...args).done
    expect([status, out]).toEqual([1, ''])
    expect(error).toMatch(/^error: .*\n$/)
    expect(error).toContain(complaint)
    expect(existsSync(files.folder)).toBe(false)
  })

  it.each([
    [{ OUTGROW_PORT_BASE: '70000' }, 'OUTGROW_PORT_BASE is "70000"'],
    [{ OUTGROW_DATA: '/dev/null/x' }, 'cannot write to the data folder /dev/null/x/stages/1-single-node'],
    [{ OUTGROW_MYSQLD: '/no/such/server' }, 'OUTGROW_MYSQLD: '],
  ])('so is the environment %j', async (env, complaint) => {
    const { status, error } = await labWith(env, 'start').done
    expect(status).toBe(1)
    expect(error).toMatch(/^error: .*\n$/)
    expect(error).toContain(complaint)
  })

  it('lists the commands with --help', async () => {
    const { status, out } = await lab('--help').done
    expect(status).toBe(0)
    for (const command of ['start', 'stop', 'status', 'doctor']) expect(out).toMatch(new RegExp(`npm .*${command}`))
  })
})

describe('stage 1, detached', () => {
  let first: StageState

  it('is up when the command returns, and says so in one JSON document', async () => {
    const { status, out } = await lab('start', '1', '--detach', '--json').done
    expect(status).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ stages: [{ stage: 1, url: `http://127.0.0.1:${base + 1}`, ready: true }] })
    expect((await product()).status).toBe(200)
    first = state()
  })

  it.skipIf(!findCgroupParent())('puts the database and the app on one host of 0.15 CPU', () => {
    expect(first.hosts).toMatchObject([
      { name: 'node', sizeCpu: 0.15 },
      { name: 'bank', sizeCpu: null },
    ])
    expect(groups()).toHaveLength(1)
  })

  it('is shown by status', async () => {
    const { stages }: { stages: { hosts: Record<string, unknown>[] }[] } = JSON.parse((await lab('status', '--json').done).out)
    expect(stages).toMatchObject([{ stage: 1, supervised: true, seed: { products: 10_000 }, changed: {} }])
    const rows = stages[0]?.hosts.map((row) => [row.name, row.up, Number(row.memoryMiB) > 1, Number(row.cpuMsPerS) >= 0])
    expect(rows).toEqual([
      ['db', true, true, true],
      ['bank', true, true, true],
      ['app-1', true, true, true],
    ])
  })

  it('has a way to its database that doctor finds whole, and finds broken under a wrong name', async () => {
    const whole = await lab('doctor', '1').done
    expect([whole.status, whole.out.match(/^ok +(?:Node|stage 1 to db: .*?) /gm)?.length]).toEqual([0, 5])
    const broken = await lab('doctor', '1', '--set', 'databaseHost=no.such.name.invalid').done
    expect(broken.status).toBe(1)
    expect(broken.out).toMatch(/^FAILED .*name .*does not resolve/m)
  })

  it('is not started twice', async () => {
    const { status, error } = await lab('start', '1', '--detach').done
    expect(status).toBe(1)
    expect(error).toContain(`already running, started by process ${first.runner.pid}`)
    expect(first.programs.every(isRunning)).toBe(true)
  })

  it('heals a killed app', async () => {
    process.kill(program('app-1').pid, 'SIGKILL')
    await vi.waitFor(() => expect(program('app-1')).toMatchObject({ restarts: 1, condition: 'up' }), WITHIN)
    expect((await product()).status).toBe(200)
  })

  it('ends what a killed runner left when it starts again, and keeps the data', async () => {
    const orphans = state().programs
    process.kill(state().runner.pid, 'SIGKILL')
    await vi.waitFor(() => expect(isRunning(first.runner)).toBe(false), WITHIN)
    expect(orphans.every(isRunning)).toBe(true)
    expect((await lab('status').done).out).toContain('left behind by a killed runner')
    const { status, error } = await lab('start', '1', '--detach').done
    expect([status, error]).toEqual([0, expect.stringContaining('ended 3 programs that a killed run had left')])
    expect(orphans.some(isRunning)).toBe(false)
    expect(state()).toMatchObject({ ready: true, seed: first.seed })
  })

  it('has orphans that stop ends as well', async () => {
    process.kill(state().runner.pid, 'SIGKILL')
    const { error } = await lab('stop').done
    expect(error).toContain('ended 3 programs that a killed run of stage 1-single-node had left')
    expectNothingLeft()
  })
})

describe('a start that is disturbed', () => {
  it('leaves nothing when it is interrupted half-way', async () => {
    const run = lab('start', '1', '--fresh')
    await vi.waitFor(() => expect(run.said.error).toContain('is ready'), WITHIN)
    run.child.kill('SIGTERM')
    const { status, error } = await run.done
    expect([status, error]).toEqual([130, expect.stringContaining('nothing is left running')])
    expectNothingLeft()
  })

  it('gives way to another one of the same stage, which stop ends with nothing left', async () => {
    const both = await Promise.all([lab('start', '1', '--detach').done, lab('start', '1', '--detach').done])
    expect(both.map(({ status }) => status).sort()).toEqual([0, 1])
    expect(both.find(({ status }) => status === 1)?.error).toContain('already running, started by process')
    expect((await product()).status).toBe(200)
    const { status, error } = await lab('stop', '1').done
    expect([status, error]).toEqual([0, 'stopped stage 1-single-node (3 programs)\n'])
    expectNothingLeft()
  })
})

describe('stage 1, in the foreground', () => {
  let run: LabProcess

  beforeEach(async ({ task }) => {
    if (task.name.startsWith('fails')) return
    run = lab('start', '1')
    await vi.waitFor(() => expect(run.said.out).toContain('Ctrl-C ends what was started'), WITHIN)
  })

  it.each(['SIGINT', 'SIGHUP'] as const)('ends in good order at %s', async (signal) => {
    run.child.kill(signal)
    expect((await run.done).status).toBe(0)
    expectNothingLeft()
  })

  it('ends by itself when the command is killed', async () => {
    const { runner } = state()
    run.child.kill('SIGKILL')
    await vi.waitFor(() => expect(isRunning(runner)).toBe(false), WITHIN)
    expectNothingLeft()
  })

  it('is tidied up by the command when the runner is killed', async () => {
    process.kill(state().runner.pid, 'SIGKILL')
    const { status, error } = await run.done
    expect([status, error]).toEqual([1, expect.stringContaining('was killed; its programs are ended')])
    expectNothingLeft()
  })

  it('fails with the name of the process that has its port', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(base + 1, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { status, error } = await lab('start', '1').done
    expect(status).toBe(1)
    expect(error).toContain(`error: port ${base + 1}, which app-1 needs, is taken by process ${process.pid} (`)
    expectNothingLeft()
  })

  it('fails with the last lines of a program that ends while it starts', async () => {
    const ledger = path.join(files.data, 'bank', 'ledger.jsonl')
    rmSync(ledger)
    mkdirSync(ledger)
    onTestFinished(() => rmSync(ledger, { recursive: true }))
    const { status, error } = await lab('start', '1').done
    expect(status).toBe(1)
    expect(error).toMatch(/error: bank ended while it started \(exit status \d+\)\n {2}.*EISDIR/)
    expectNothingLeft()
  })
})

function lab(...args: string[]): LabProcess {
  return labWith({}, ...args)
}

function labWith(changes: Record<string, string>, ...args: string[]): LabProcess {
  return labProcess(args, { OUTGROW_DATA: data, OUTGROW_PORT_BASE: String(base), ...changes })
}

function state(): StageState {
  const found = readState(files.state)
  if (!found) throw new Error('the stage has no state')
  return found
}

function program(name: string) {
  const found = state().programs.find((candidate) => candidate.name === name)
  if (!found) throw new Error(`no program is called ${name}`)
  return found
}

function product() {
  return httpCall(`${state().url}/products/prd_00042`, { timeoutMs: 5_000 })
}

function groups(): string[] {
  const parent = findCgroupParent()
  return parent ? groupsNamed(parent, groupPrefix(files.folder)) : []
}

function expectNothingLeft(): void {
  const left = [STAGE_TAG, RUNNER_TAG].flatMap(processesTagged).filter(({ value }) => value.startsWith(data))
  expect(left).toEqual([])
  expect(groups()).toEqual([])
  expect([existsSync(files.state), existsSync(files.lock)]).toEqual([false, false])
}
