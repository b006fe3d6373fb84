/**
 * Faults under load against real stages: what stage 4 promises it keeps, and with a protection off the drill finds what the protection
 * is against. `OUTGROW_DRILLS=all npx vitest run --project drills apps/lab/commands/drill.test.ts` runs every drill with every protection off.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { databaseTestsAlone } from '../../../infra/test/database-tests.ts'
import { type RunningStage, type RunningStages, startStages } from '../../../stages/tests/running-stages.ts'
import { missingReplicas } from '../drills/databases.ts'
import type { Drill } from '../drills/drill.ts'
import { DRILLS, type DrillName } from '../drills/drills.ts'
import type { Outcome } from '../drills/run-drill.ts'
import { labProcess } from '../runner/lab-process.ts'

const DRILL_TIMEOUT_MS = 300_000
const everything = process.env.OUTGROW_DRILLS === 'all'
/** The disk of a test run is everybody's. */
const names = (Object.keys(DRILLS) as DrillName[]).filter((name) => name !== 'full-disk')

async function drill(running: RunningStage, name: string): Promise<{ status: number | null; outcome: Outcome }> {
  const args = ['drill', String(running.stage), name, '--json', '--rate', '100']
  const { status, out, error } = await labProcess(args, { OUTGROW_DATA: dataOf(running) }).done
  if (out === '') throw new Error(error)
  return { status, outcome: JSON.parse(out) }
}

function dataOf({ stateFile }: RunningStage): string {
  return join(stateFile, '../../..')
}

const stageNumber = (list: readonly RunningStage[], number: number): RunningStage => {
  const found = list.find(({ stage }) => stage === number)
  if (!found) throw new Error(`stage ${number} does not run`)
  return found
}

/** What is drilled in every test run: one fault for each promise; the rest is for when there is time. */
const GREEN: readonly [number, DrillName][] = [
  [3, 'rolling-restart'],
  [3, 'kill-app'],
  [4, 'lag-replica'],
  [4, 'kill-primary'],
  [4, 'kill-redis-state'],
]
const green = (everything ? names.map((name): [number, DrillName] => [4, name]) : GREEN).filter(([, name]) => isForHere(name))

describe('a stage as it is', { timeout: DRILL_TIMEOUT_MS }, () => {
  test.each(green)('stage %i: %s does no harm', async (number, name) => {
    const { status, outcome } = await drill(stageNumber(inject('stages'), number), name)
    expect(outcome.wrong).toEqual([])
    expect(outcome.requests).toBeGreaterThan(100)
    expect(outcome.counts.orders).toBeGreaterThan(10)
    expect(status).toBe(0)
  })
})

type Unprotected = { number: number; set: readonly string[]; drills: readonly (readonly [name: DrillName, finds: string])[] }

/** Settings that do not touch each other's drills share a stage. */
const RED: readonly Unprotected[] = [
  unprotected(3, ['drain=off', 'redispatch=off'], ['rolling-restart', 'kill-app']),
  unprotected(4, ['semiSync=off', 'readYourWrites=off', 'revocations=off'], ['lag-replica', 'kill-redis-state', 'kill-primary']),
]
const red = everything ? names.flatMap((name) => DRILLS[name].unprotected.map(({ set }) => unprotected(4, set, [name]))) : RED

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

/** On a second database only the faults of databases are another thing. */
function isForHere(name: DrillName): boolean {
  return !databaseTestsAlone || (DRILLS[name] as Drill).missing === missingReplicas
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
      const { status, outcome } = await drill(stageNumber(running.list, number), name)
      expect(outcome.wrong).toContainEqual(expect.stringContaining(finds))
      expect(outcome.protectionOff.length).toBeGreaterThan(0)
      expect(status).toBe(1)
    })
  },
)

test.each([
  ['1', 'kill-app', 'this drill needs 2 copies of the app; stage 1 has one'],
  ['3', 'kill-primary', 'this drill needs a database with replicas; stage 3 has none'],
  ['3', 'kill-redis-cache', 'this drill needs 1 Redis servers for cache; stage 3 has 0'],
])('stage %s has not what %s needs', async (number, name, complaint) => {
  const env = { OUTGROW_DATA: dataOf(stageNumber(inject('stages'), Number(number))) }
  const { status, error } = await labProcess(['drill', number, name], env).done
  expect(error).toContain(`error: ${complaint}`)
  expect(status).toBe(1)
})
