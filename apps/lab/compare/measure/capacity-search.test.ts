/** Simulated stages: a queue on a host of a size, with work at rest, in rounds that somebody else's work may disturb. */
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../platform/process/random.ts'
import { FULL } from '../protocol.ts'
import { median } from '../spread.ts'
import { capacityOf } from './capacity.ts'
import { searchCapacity } from './capacity-search.ts'
import { boundOf } from './demand.ts'
import type { Measured } from './load.ts'
import { madeLoad } from './made-round.ts'

type Stage = {
  readonly restCpu: number
  readonly cpuMs: number
  /** Part more that a journey costs on an idle CPU. */
  readonly wakeUpShare: number
  /** Part of the loads in which something pauses the stage, so that they are missed. */
  readonly pausedShare: number
}

const SIZE_CPU = 0.15
const HOSTS = [{ name: 'app-1', sizeCpu: SIZE_CPU, programs: ['app-1'] }]
const P95_LIMIT_MS = 250
/** Of a journey. */
const REQUESTS = 5
const ROUNDS = 200

/** A queue's law, for one of the requests of a journey: three times the mean is its 95th percentile. */
function loadOf({ restCpu, cpuMs, wakeUpShare, pausedShare }: Stage, rate: number, random: () => number): Measured {
  const idle = Math.max(0, 1 - (restCpu + (rate * cpuMs) / 1_000) / SIZE_CPU)
  const cost = cpuMs * (1 + wakeUpShare * idle) * (0.98 + 0.04 * random())
  const used = restCpu + (rate * cost) / 1_000
  const p95Ms = used < SIZE_CPU ? (3 * (cpuMs / REQUESTS / SIZE_CPU)) / (1 - used / SIZE_CPU) : Number.POSITIVE_INFINITY
  const isKept = p95Ms <= P95_LIMIT_MS && random() >= pausedShare
  return madeLoad({ kept: rate, rest: { 'app-1': restCpu }, cpuMs: () => ({ 'app-1': cost }) }, rate, isKept)
}

type Round = { readonly demand: Measured; readonly search: readonly Measured[] }

async function rounds(stage: Stage, { mostRepeats }: { mostRepeats: number }): Promise<Round[]> {
  const random = seededRandom(19)
  const true_ = (1_000 * (SIZE_CPU - stage.restCpu)) / stage.cpuMs
  const rest = { 'app-1': stage.restCpu }
  return Promise.all(
    Array.from({ length: ROUNDS }, async () => {
      const demand = loadOf({ ...stage, pausedShare: 0 }, 0.55 * true_, random)
      const bound = (loads: readonly Measured[]) => boundOf(HOSTS, loads, rest, 2)
      const search = await searchCapacity(
        {
          guess: 0.95 * bound([demand]),
          mostTrials: 3,
          mostRepeats,
          usualShare: undefined,
          load: async (rate) => loadOf(stage, rate, random),
          boundOf: bound,
          isHiccup: () => false,
          allowsRepeat: () => true,
        },
        demand,
      )
      return { demand, search }
    }),
  )
}

const shareNow = (stage: Stage) => (round: Round) =>
  capacityOf(round) / boundOf(HOSTS, [round.demand, ...round.search], { 'app-1': stage.restCpu }, 2)
/** Highest rate kept ÷ what the whole demand at half load allows. */
const shareBefore = (round: Round) =>
  capacityOf(round) / ((SIZE_CPU * round.demand.result.finishedRate) / (round.demand.cpus['app-1'] ?? 0))
const inBounds = (share: number) => share >= 0.85 && share <= 1.05

describe('the highest rate kept, as a part of the bound', () => {
  test('is near one for a stage that works at rest and wakes up for each journey, which was above its bound', async () => {
    const stage: Stage = { restCpu: 0.055, cpuMs: 1.5, wakeUpShare: 0.25, pausedShare: 0 }
    const measured = await rounds(stage, { mostRepeats: FULL.mostRepeats })
    expect(median(measured.map(shareBefore))).toBeGreaterThan(1.25)
    expect(measured.map(shareNow(stage)).filter(inBounds)).toHaveLength(ROUNDS)
  })
  test('is near one where pauses make a stage miss rates that it can carry', async () => {
    const stage: Stage = { restCpu: 0.006, cpuMs: 3, wakeUpShare: 0.1, pausedShare: 0.3 }
    const [before, now] = [await rounds(stage, { mostRepeats: 0 }), await rounds(stage, { mostRepeats: FULL.mostRepeats })]
    const low = (measured: Round[]) => measured.map(shareNow(stage)).filter((share) => share < 0.85).length / ROUNDS
    expect(low(before)).toBeGreaterThan(0.1)
    expect(low(now)).toBeLessThan(low(before) / 2)
    expect(inBounds(median(now.map(shareNow(stage))))).toBe(true)
  })
})
