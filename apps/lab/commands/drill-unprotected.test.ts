/** Faults under load against stages with a protection off: the drill finds what the protection is against, or it proves nothing. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningStages, startStages } from '../../../stages/tests/running-stages.ts'
import type { Drill } from '../drills/drill.ts'
import { DRILLS, type DrillName } from '../drills/drills.ts'
import { all, DRILL_TIMEOUT_MS, drill, isForHere, stageFor } from './test-drill.ts'

type Unprotected = { number: number; set: readonly string[]; drills: readonly (readonly [name: DrillName, finds: string])[] }

/** Settings that do not touch each other's drills share a stage. */
const SOME: readonly Unprotected[] = [
  unprotected(4, ['semiSync=off', 'readYourWrites=off', 'revocations=off'], ['lag-replica', 'kill-redis-state', 'kill-primary']),
  unprotected(3, ['redispatch=off'], ['kill-app']),
]
const red = all?.flatMap((name) => DRILLS[name].unprotected.map(({ set }) => unprotected(stageFor(name), set, [name]))) ?? SOME

/** Each drill with what it must find where these settings are as they are. */
function unprotected(number: number, set: readonly string[], drills: readonly DrillName[]): Unprotected {
  const found = drills
    .filter(isForHere)
    .flatMap((name) =>
      (DRILLS[name] as Drill).unprotected
        .filter((one) => one.set.every((pair) => set.includes(pair)))
        .map(({ finds }) => [name, finds] as const),
    )
  return { number, set, drills: found }
}

describe.each(red.filter(({ drills }) => drills.length > 0))(
  'stage $number with $set',
  { timeout: DRILL_TIMEOUT_MS },
  ({ number, set, drills }) => {
    let running: RunningStages
    beforeAll(async () => {
      running = await startStages([number], set)
    })
    afterAll(() => running?.stop())

    test.each(drills)('%s finds: %s', async (name, finds) => {
      const { status, outcome } = await drill(running.list, number, name)
      expect(outcome.wrong).toContainEqual(expect.stringContaining(finds))
      expect(outcome.protectionOff.length).toBeGreaterThan(0)
      expect(status).toBe(1)
    })
  },
)
