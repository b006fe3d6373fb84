/**
 * The saga as it is, over stores in memory that keep what the databases keep, in a world where what is asked is lost, late, doubled or out
 * of turn, stores cannot be asked for a while, and processes die between any two steps. One number makes one schedule, and makes it again.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MISTAKES, type Mistake } from './test-mistakes.ts'
import { runSchedule } from './test-schedule.ts'

const SCHEDULES = process.env.CI ? 10_000 : 100_000
/** A mistake shows in far fewer. */
const SCHEDULES_A_MISTAKE = 1_000
const SEED = process.env.OUTGROW_SEED

const { log } = console
beforeAll(() => {
  // What is left to the sweeper is told to the log.
  console.log = () => {}
})
afterAll(() => {
  console.log = log
})

/** The first schedule in which something is wrong. */
async function search(most: number, mistake: Mistake = {}): Promise<{ seed: number; faults: readonly string[] } | undefined> {
  for (let seed = 1; seed <= most; seed += 1) {
    const { faults } = await runSchedule(seed, mistake)
    if (faults.length > 0) return { seed, faults }
  }
  return undefined
}

test.skipIf(SEED !== undefined)(
  `${SCHEDULES} schedules end with nothing lost, doubled, left over or seen too early`,
  async () => {
    const found = await search(SCHEDULES)
    expect(found, `OUTGROW_SEED=${found?.seed} npx vitest run ${import.meta.filename} shows what happened`).toBeUndefined()
  },
  240_000,
)

test.runIf(SEED !== undefined)(`the schedule of ${SEED}`, async () => {
  const { faults, trace } = await runSchedule(Number(SEED))
  expect(faults, trace.join('\n')).toEqual([])
})

test.each(Object.entries<Mistake>(MISTAKES))('they find that %s, and find it again', async (_name, mistake) => {
  const found = await search(SCHEDULES_A_MISTAKE, mistake)
  const again = await runSchedule(found?.seed ?? 0, mistake)
  expect(again.faults).toEqual(found?.faults)
  expect(await runSchedule(found?.seed ?? 0, mistake)).toEqual(again)
  expect((await runSchedule(found?.seed ?? 0)).faults).toEqual([])
})
