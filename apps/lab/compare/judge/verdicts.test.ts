import { describe, expect, test } from 'vitest'
import type { Spread, StageResult, WorkloadResult } from '../results.ts'
import { spreadOf } from '../spread.ts'
import { verdictsOf } from './verdicts.ts'

type Figures = { rounds: number[]; p50?: Spread; hosts?: number; cpuMs?: number; queryMs?: number }

function stage(
  number: number,
  name: string,
  { rounds, p50 = spreadOf([20, 21, 22]), hosts = 2, cpuMs = 4, queryMs = 1 }: Figures,
): StageResult {
  const result: WorkloadResult = {
    workload: 'browse',
    capacity: spreadOf(rounds),
    capacityByRound: rounds,
    latency: [{ shareOfSmallestCapacity: 0.5, rate: 40, p50Ms: p50, p95Ms: p50, p99Ms: p50 }],
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
    probes: [],
    invariants: [],
  }
  return { stage: number, name, adds: '', diagram: '', settings: {}, hostsUsed: hosts, workloads: [result] }
}

describe('the sentence on a step', () => {
  test('says what it bought, what it cost and what is next', () => {
    const [verdict] = verdictsOf([
      stage(2, '2-split', { rounds: [50, 52, 48] }),
      stage(3, '3-more', { rounds: [90, 92, 88], hosts: 5, cpuMs: 5 }),
    ])
    expect(verdict).toMatchObject({ from: 2, to: 3, workload: 'browse', outcome: 'faster' })
    expect(verdict?.sentence).toBe(
      '3-more carries more: 50 → 90 browse journeys a second (×1.80, rounds 1.77–1.83). It takes 5 hosts instead of 2 and ' +
        '5.0 ms of CPU a journey instead of 4.0 ms (+25 %). Next bottleneck: db used 97 % of its 0.15 CPU at capacity.',
    )
  })
  test('says slower as plainly as faster', () => {
    const [verdict] = verdictsOf([stage(2, '2-split', { rounds: [90, 92, 88] }), stage(3, '3-more', { rounds: [50, 52, 48] })])
    expect(verdict?.outcome).toBe('slower')
    expect(verdict?.sentence).toMatch(/^3-more is slower: it carries less, 90 → 50 /)
  })
  test('says both where a stage carries more and each visitor waits longer', () => {
    const from = stage(2, '2-split', { rounds: [50, 52, 48] })
    const to = stage(3, '3-more', { rounds: [90, 92, 88], p50: spreadOf([58, 60, 61]) })
    const [there] = verdictsOf([from, to])
    expect(there?.outcome).toBe('mixed')
    expect(there?.sentence).toMatch(/^3-more carries more, and is slower for each visitor: 50 → 90 /)
    const [back] = verdictsOf([to, from])
    expect(back?.outcome).toBe('mixed')
    expect(back?.sentence).toMatch(/^2-split carries less, and is faster for each visitor: 90 → 50 /)
  })
  test('calls a difference within the spread noise', () => {
    const [verdict] = verdictsOf([stage(2, '2-split', { rounds: [50, 60, 55] }), stage(3, '3-more', { rounds: [58, 63, 54] })])
    expect(verdict?.outcome).toBe('noise')
    expect(verdict?.sentence).toContain('do not differ beyond noise')
  })
})

describe('where capacity is the same', () => {
  const rounds = [50, 52, 48]
  test('a journey that takes clearly longer at equal load makes a stage slower', () => {
    const handicapped = stage(2, '2-split queryDelayMs=5', { rounds, p50: spreadOf([58, 60, 61]), queryMs: 6 })
    const [verdict] = verdictsOf([stage(2, '2-split', { rounds }), handicapped])
    expect(verdict?.outcome).toBe('slower')
    expect(verdict?.sentence).toContain(
      'at 40 a second the median journey takes 21 ms → 60 ms, as each of its 7.0 queries takes 1.0 ms → 6.0 ms',
    )
  })
  test('a difference that nobody would notice is noise', () => {
    const [verdict] = verdictsOf([
      stage(2, '2-split', { rounds }),
      stage(3, '3-more', { rounds, p50: spreadOf([24.5, 25, 25.2]) }),
    ])
    expect(verdict?.outcome).toBe('noise')
  })
  test('latencies of one round alone decide nothing', () => {
    const once = stage(3, '3-more', { rounds, p50: spreadOf([60]) })
    expect(verdictsOf([stage(2, '2-split', { rounds, p50: spreadOf([20]) }), once])[0]?.outcome).toBe('noise')
  })
})
