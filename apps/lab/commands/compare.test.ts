/** The real command on real stages, as short as it can be. It needs k6; where that is not here, it says so. */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Value } from 'typebox/value'
import { expect, test } from 'vitest'
import { freePortBase } from '../../../infra/local/run/free-port-base.ts'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { STAGE_TAG } from '../../../infra/process/command.ts'
import { processesTagged } from '../../../infra/process/process-table.ts'
import { testFolder } from '../../../infra/process/test-folder.ts'
import { until } from '../../../infra/process/until.ts'
import { locateServer } from '../../../infra/servers/locate-server.ts'
import { Results } from '../compare/results.ts'
import { type LabProcess, labProcess } from '../runner/lab-process.ts'

const TIMEOUT_MS = 240_000
/** As few and as short runs as there are. */
const SHORT = ['--workload', 'checkout', '--quick', '--rounds', '1']
const POLL_MS = 100
const hasK6 = await locateServer('k6', { mayFetch: false }).then(
  () => true,
  () => false,
)
if (!hasK6) console.warn('skipped: comparisons need k6, and it is not here; name one in OUTGROW_K6')

async function compare(data: string, args: readonly string[]): Promise<LabProcess> {
  const environment = { OUTGROW_DATA: data, OUTGROW_PORT_BASE: String(await freePortBase()) }
  return labProcess(['compare', ...args, ...SHORT], environment)
}

function leftRunning(data: string): number {
  return processesTagged(STAGE_TAG).filter(({ value }) => value.startsWith(data)).length
}

/** Runs of k6 that sent more than their load: before that only log-ins are sent, and these shoppers are logged in already. */
function logInsDuringLoads(data: string): string[] {
  const files = globSync(path.join(data, 'reports/*-compare/raw/*checkout*/summary.json'))
  expect(files.length).toBeGreaterThan(4)
  return files.filter((file) => {
    const { metrics } = JSON.parse(readFileSync(file, 'utf8'))
    const { passes, fails } = metrics['http_req_failed{scenario:measured}']
    return metrics.http_reqs.count > passes + fails
  })
}

/** Verdicts of latency are made of all rounds, the first too: with one less they would only ever say "noise". */
function expectLatencyOfEachRound({ stages }: Results): void {
  const workloads = stages.flatMap((stage) => stage.workloads)
  // Without a rate that all have kept there is none at which they could be compared.
  if (workloads.some(({ capacityByRound }) => capacityByRound.includes(0))) return
  for (const { latency, capacityByRound } of workloads) {
    const rounds = latency.map(({ p50MsByRound = [] }) => p50MsByRound.length)
    expect([...new Set(rounds)]).toEqual([capacityByRound.length])
  }
}

/** Waits for the command to say so, but not beyond its own end. */
async function untilSaid({ said, child }: LabProcess, words: string): Promise<void> {
  await until(() => said.error.includes(words) || child.exitCode !== null, { withinMs: TIMEOUT_MS, everyMs: POLL_MS })
}

test.runIf(hasK6)(
  'a quick comparison prints one document, writes its report and leaves nothing running',
  async () => {
    const data = testFolder()
    const { status, out, error } = await (await compare(data, ['1', '1:queryDelayMs=5', '--json'])).done
    expect({ status, error: status === 0 ? '' : error }).toEqual({ status: 0, error: '' })
    const results = JSON.parse(out)
    expect([...Value.Errors(Results, results)]).toEqual([])
    expect(results).toMatchObject({ partial: false, quick: true, order: [[1, 1]] })
    expect(results.stages.map(({ name }: { name: string }) => name)).toEqual(['1-single-node', '1-single-node queryDelayMs=5'])
    const [report = ''] = globSync(path.join(data, 'reports/*-compare/results.json'))
    expect(JSON.parse(readFileSync(report, 'utf8'))).toEqual(results)
    expectLatencyOfEachRound(results)
    expect(logInsDuringLoads(data)).toEqual([])
    expect(leftRunning(data)).toBe(0)
  },
  TIMEOUT_MS,
)

test.runIf(hasK6)(
  'a program that dies in the middle ends it with one clear line and nothing left running',
  async () => {
    const data = testFolder()
    const running = await compare(data, ['1', '2'])
    await untilSaid(running, 'round 1')
    const [file = ''] = globSync(path.join(data, 'compare/*/stages/1-single-node/state.json'))
    const { programs }: StageState = JSON.parse(readFileSync(file, 'utf8'))
    const app = programs.find(({ kind }) => kind === 'app')
    if (app) process.kill(app.pid, 'SIGKILL')
    const { status, error } = await running.done
    expect(status).toBe(1)
    expect(error).toMatch(/^error: app-1 of stage 1-single-node ended in the middle; its logs are in /m)
    expect(leftRunning(data)).toBe(0)
  },
  TIMEOUT_MS,
)

test.runIf(hasK6)(
  'Ctrl-C ends it in order',
  async () => {
    const data = testFolder()
    const running = await compare(data, ['1', '2'])
    await untilSaid(running, 'warming up')
    running.child.kill('SIGINT')
    const { status, out, error } = await running.done
    expect({ status, out }).toEqual({ status: 130, out: '' })
    expect(error).toContain('no round was complete')
    expect(leftRunning(data)).toBe(0)
  },
  TIMEOUT_MS,
)
