import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../platform/process/random.ts'
import type { StageResult, WorkloadResult } from '../results.ts'
import { spreadOf } from '../spread.ts'
import { verdictsOf } from './verdicts.ts'

type Figures = { rounds: number[]; p50?: number[]; hosts?: number; cpuMs?: number; queryMs?: number }

function stage(
  number: number,
  name: string,
  { rounds, p50 = [20, 21, 22, 21], hosts = 2, cpuMs = 4, queryMs = 1 }: Figures,
): StageResult {
  const p50Ms = spreadOf(p50)
  const result: WorkloadResult = {
    workload: 'browse',
    capacity: spreadOf(rounds),
    capacityByRound: rounds,
    latency: [{ shareOfSmallestCapacity: 0.5, rate: 40, p50Ms, p95Ms: p50Ms, p99Ms: p50Ms, p50MsByRound: p50 }],
    availability: 1,
    bottleneck: {
      host: 'db',
      why: 'db used 97 % of its 0.15 CPU at capacity.',
      bound: 100,
      share: 0.9,
      advice: { metric: 'throughput', sentence: '', answeredByStage: null },
    },
    cpuMsPerJourney: cpuMs,
    queriesPerJourney: 7,
    queryMs,
    cacheHitShare: null,
    loopDelayP99Ms: 20,
    poolWaitMsPerQuery: 0,
    hosts: [],
    costPerThousandJourneys: 40,
    loads: [],
    invariants: [],
  }
  return { stage: number, name, adds: '', diagram: '', settings: {}, hostsUsed: hosts, workloads: [result] }
}

describe('the sentence on a step', () => {
  test('says what it bought, what it cost and what is next', () => {
    const [verdict] = verdictsOf([
      stage(2, '2-split', { rounds: [50, 52, 48, 50] }),
      stage(3, '3-more', { rounds: [90, 92, 88, 90], hosts: 5, cpuMs: 5 }),
    ])
    expect(verdict).toMatchObject({ from: 2, to: 3, workload: 'browse', outcome: 'faster' })
    expect(verdict?.sentence).toBe(
      '3-more carries more: 50 → 90 browse journeys a second (×1.80, rounds 1.77–1.83). It takes 5 hosts instead of 2 and ' +
        '5.0 ms of CPU a journey instead of 4.0 ms (+25 %). Next bottleneck: db used 97 % of its 0.15 CPU at capacity.',
    )
  })
  test('says slower as plainly as faster', () => {
    const [verdict] = verdictsOf([
      stage(2, '2-split', { rounds: [90, 92, 88, 90] }),
      stage(3, '3-more', { rounds: [50, 52, 48, 50] }),
    ])
    expect(verdict?.outcome).toBe('slower')
    expect(verdict?.sentence).toMatch(/^3-more is slower: it carries less, 90 → 50 /)
  })
  test('says both where a stage carries more and each visitor waits longer', () => {
    const from = stage(2, '2-split', { rounds: [50, 52, 48, 50] })
    const to = stage(3, '3-more', { rounds: [90, 92, 88, 90], p50: [58, 60, 61, 60] })
    const [there] = verdictsOf([from, to])
    expect(there?.outcome).toBe('mixed')
    expect(there?.sentence).toMatch(/^3-more carries more, and is slower for each visitor: 50 → 90 /)
    const [back] = verdictsOf([to, from])
    expect(back?.outcome).toBe('mixed')
    expect(back?.sentence).toMatch(/^2-split carries less, and is faster for each visitor: 90 → 50 /)
  })
  test('calls a difference within the spread noise', () => {
    const [verdict] = verdictsOf([
      stage(2, '2-split', { rounds: [50, 60, 55, 52] }),
      stage(3, '3-more', { rounds: [58, 63, 54, 61] }),
    ])
    expect(verdict?.outcome).toBe('noise')
    expect(verdict?.sentence).toContain('do not differ beyond noise')
  })
})

describe('where capacity is the same', () => {
  const rounds = [50, 52, 48, 50]
  test('a journey that takes clearly longer at equal load makes a stage slower', () => {
    const handicapped = stage(2, '2-split queryDelayMs=5', { rounds, p50: [58, 60, 61, 60], queryMs: 6 })
    const [verdict] = verdictsOf([stage(2, '2-split', { rounds }), handicapped])
    expect(verdict?.outcome).toBe('slower')
    expect(verdict?.sentence).toContain(
      'at 40 a second the median journey takes 21 ms → 60 ms, as each of its 7.0 queries takes 1.0 ms → 6.0 ms',
    )
  })
  test('a difference that nobody would notice is noise', () => {
    const [verdict] = verdictsOf([stage(2, '2-split', { rounds }), stage(3, '3-more', { rounds, p50: [24.5, 25, 25.2, 25] })])
    expect(verdict?.outcome).toBe('noise')
  })
  test('latencies of three rounds decide nothing, however far apart', () => {
    const [was, is] = [stage(2, '2-split', { rounds, p50: [20, 21, 20] }), stage(3, '3-more', { rounds, p50: [60, 61, 60] })]
    expect(verdictsOf([was, is])[0]?.outcome).toBe('noise')
  })
  test('latencies of one round alone decide nothing', () => {
    const once = stage(3, '3-more', { rounds, p50: [60] })
    expect(verdictsOf([stage(2, '2-split', { rounds, p50: [20] }), once])[0]?.outcome).toBe('noise')
  })
})

test('fewer rounds than tell anything are named', () => {
  const [verdict] = verdictsOf([stage(2, '2-split', { rounds: [50, 52, 48] }), stage(3, '3-more', { rounds: [90, 92, 88] })])
  expect(verdict?.outcome).toBe('noise')
  expect(verdict?.sentence).toMatch(/^3-more beside 2-split: 3 of the 4 rounds that tell: 50 → 90 /)
})

describe('a stage against itself', () => {
  const RUNS = 3_000
  const random = seededRandom(18)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const around = (level: number, deviation: number, count: number) =>
    Array.from({ length: count }, () => level * Math.exp(deviation * normal()))
  const isOdd = (values: number[]) => values.some((value) => Math.abs(Math.log(value / spreadOf(values).median)) > Math.log(1.2))

  /** With a round more where one is odd, as comparison.ts does. */
  function measured(deviation: number, count: number): StageResult {
    const [rounds, p50] = [around(50, deviation, count), around(40, deviation, count)]
    const more = isOdd(rounds) ? 1 : 0
    return stage(4, '4-itself', {
      rounds: [...rounds, ...around(50, deviation, more)],
      p50: [...p50, ...around(40, deviation, more)],
    })
  }

  test.each([
    [0.1, 4],
    [0.2, 4],
    [0.3, 4],
    [0.1, 5],
    [0.3, 5],
  ])(
    'differs in less than 1 % of verdicts, of capacity and latency, with rounds that differ by %f, %i of them',
    (deviation, count) => {
      const verdicts = Array.from({ length: RUNS }, () => verdictsOf([measured(deviation, count), measured(deviation, count)]))
      expect(verdicts.filter(([verdict]) => verdict?.outcome !== 'noise').length / RUNS).toBeLessThan(0.01)
    },
  )
})
