/**
 * Faults under load against real stages: what they promise they keep. `OUTGROW_DRILLS=all npx vitest run --project drills` makes every
 * fault, on stages as they are and, in the file beside this one, with every protection off.
 */
import { describe, expect, inject, test } from 'vitest'
import { freePortBase } from '../../../infra/local/run/free-port-base.ts'
import { STAGE_TAG } from '../../../infra/process/command.ts'
import { processesTagged } from '../../../infra/process/process-table.ts'
import { testFolder } from '../../../infra/process/test-folder.ts'
import { PATIENT_EDGE } from '../../../stages/contract/patience.ts'
import type { Verdict } from '../drills/both.ts'
import type { DrillName } from '../drills/drills.ts'
import { labProcess } from '../runner/lab-process.ts'
import { all, DRILL_TIMEOUT_MS, drill, isForHere } from './test-drill.ts'

const BOTH: DrillName = 'rolling-restart'

// First, as it starts stages, and so does the file beside this one.
test.runIf(isForHere(BOTH))(
  'with --both the stage is started, as it is and without the protection, and nothing is left',
  async () => {
    const data = testFolder()
    const env = { OUTGROW_DATA: data, OUTGROW_PORT_BASE: String(await freePortBase()) }
    const { status, out, error } = await labProcess(
      ['drill', '3', BOTH, '--both', '--unsized', '--set', PATIENT_EDGE, '--json'],
      env,
    ).done
    expect(status, error).toBe(0)
    const verdicts: Verdict[] = JSON.parse(out)
    expect(verdicts.map(({ set, verdict, ok }) => ({ set, verdict, ok }))).toEqual([
      { set: [], verdict: 'green', ok: true },
      { set: ['drain=off'], verdict: 'red as expected', ok: true },
    ])
    expect(verdicts.map(({ outcome }) => outcome.protectionOff)).toEqual([[], ['drain=off']])
    expect(processesTagged(STAGE_TAG).filter(({ value }) => value.startsWith(data))).toEqual([])
  },
  DRILL_TIMEOUT_MS,
)

/** One fault for each promise. Those of which a take-over is timed come last, when the file beside this one is over. */
const SOME: readonly (readonly [number, DrillName])[] = [
  [3, 'kill-app'],
  [4, 'lag-replica'],
  [4, 'kill-primary'],
  [4, 'kill-redis-state'],
  [5, 'kill-shard'],
  [6, 'scale-service'],
]
const green = (all ?? SOME).filter(([, name]) => isForHere(name))

describe('a stage as it is', { timeout: DRILL_TIMEOUT_MS }, () => {
  test.each(green)('stage %i: %s does no harm', async (number, name) => {
    const { status, outcome } = await drill(inject('stages'), number, name)
    expect(outcome.wrong).toEqual([])
    expect(outcome.requests).toBeGreaterThan(100)
    expect(outcome.counts.orders).toBeGreaterThan(10)
    expect(status).toBe(0)
  })
})
