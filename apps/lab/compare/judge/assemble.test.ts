import { Value } from 'typebox/value'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadStage } from '../../../../infra/stage/catalogue.ts'
import type { Stage } from '../../../../infra/stage/topology.ts'
import type { Measured } from '../measure/load.ts'
import type { Measurements, RoundMeasures } from '../measure/measurements.ts'
import { FULL } from '../protocol.ts'
import { Results } from '../results.ts'
import { resultsOf } from './assemble.ts'
import { measuredStage } from './stage-result.ts'

let catalogue: Stage[] = []
beforeAll(async () => {
  catalogue = await Promise.all(['1', '2', '3'].map(loadStage))
})

type Made = {
  rate: number
  kept?: boolean
  cpus?: Record<string, number>
  generator?: number
  failed?: number
  idleShare?: number
}

function measured({ rate, kept = true, cpus = {}, generator = 0.2, failed = 0, idleShare = 0.5 }: Made): Measured {
  return {
    result: {
      round: 1,
      purpose: 'search',
      offeredRate: rate,
      finishedRate: rate,
      durationS: 6,
      p50Ms: 20,
      p95Ms: kept ? 90 : 400,
      p99Ms: 100,
      errorShare: 0,
      dropped: 0,
      kept,
      cpuSByHost: {},
      generatorCpuShare: generator,
    },
    cpus,
    machine: { idleShare, stolenShare: 0, diskShare: 0 },
    requests: { sent: 24 * rate, failed },
    metrics: undefined,
    history: '',
  }
}

/** The app costs 2.5 ms a journey, the database 1. */
function round(
  number: number,
  capacity: number,
  { referenceMs = 500, ...rest }: Partial<Made> & { referenceMs?: number } = {},
): RoundMeasures {
  const cpusAt = (rate: number) => ({ 'app-1': 0.0025 * rate, db: 0.001 * rate })
  return {
    round: number,
    referenceMs,
    discarded: [],
    demand: measured({ rate: 30, cpus: cpusAt(30), kept: capacity > 0, ...rest }),
    search: [measured({ rate: capacity, cpus: cpusAt(capacity), kept: capacity > 0 }), measured({ rate: 100, kept: false })],
    latency: [{ share: 0.5, measured: measured({ rate: 25, cpus: cpusAt(25) }) }],
    memoryMiB: { 'app-1': 180, db: 110 },
    lockWaitMs: 0,
    invariants: [{ name: 'stock', kept: true, detail: '', findings: 0 }],
  }
}

function measurements(rounds: readonly RoundMeasures[]): Measurements {
  const stage = catalogue[1]
  if (!stage) throw new Error('there is no second stage')
  const contestant = { stage, set: [] }
  const asked = {
    contestants: [contestant],
    workloads: ['browse'],
    protocol: FULL,
    quick: false,
    unsized: false,
    runtime: 'local',
  } as const
  const machine = {
    cpus: 2,
    cpuModel: '',
    memoryMiB: 1,
    os: '',
    node: '',
    database: '',
    haproxy: '',
    k6: '',
    limits: 'cgroup v2',
  }
  return {
    request: { ...asked, against: undefined, writeLessons: false, json: false, command: '' },
    startedAt: new Date(0),
    stages: [measuredStage(contestant, stage.name, '', 0.15)],
    cells: [{ contestant: 0, workload: 'browse', rest: {}, rounds }],
    order: [[2], [2]],
    ceilingRate: 5_000,
    machine,
    commit: 'abc1234',
    seedChecksum: 'f00d',
    hostSizeCpu: 0.15,
    p95Ms: 250,
  }
}

function workloadOf(rounds: readonly RoundMeasures[]) {
  const [workload] = resultsOf(measurements(rounds), { partial: false, catalogue }).stages[0]?.workloads ?? []
  if (!workload) throw new Error('nothing was measured')
  return workload
}

describe('results of measurements', () => {
  test('fit their schema, finished or not', () => {
    for (const rounds of [[round(1, 55), round(2, 57)], [round(1, 55)], []])
      expect([...Value.Errors(Results, resultsOf(measurements(rounds), { partial: true, catalogue }))]).toEqual([])
  })
  test('name the bottleneck, its bound and the stage that answers it', () => {
    const { bottleneck, hosts, capacity } = workloadOf([round(1, 55), round(2, 57), round(3, 56)])
    // Between the highest rate kept and the bound of 60.
    expect(capacity.median).toBeCloseTo(Math.sqrt(56 * 60))
    expect(bottleneck.host).toBe('app-1')
    expect(bottleneck.bound).toBeCloseTo(60)
    expect(bottleneck.share).toBeCloseTo(56 / 60)
    expect(bottleneck.advice).toMatchObject({ metric: 'throughput', answeredByStage: 3 })
    expect(hosts.map(({ host }) => host)).not.toContain('bank')
  })
  test('take the drift of the machine out: a round on a slower machine counts for more', () => {
    const { capacityByRound } = workloadOf([round(1, 50), round(2, 50, { referenceMs: 550 }), round(3, 50)])
    expect(capacityByRound.map((capacity) => capacity / (capacityByRound[0] ?? 0))).toEqual([1, 1.1, 1])
  })
  test('take no more out than a machine drifts', () => {
    const { capacityByRound } = workloadOf([round(1, 50), round(2, 50, { referenceMs: 5_000 }), round(3, 50)])
    expect(capacityByRound.map((capacity) => capacity / (capacityByRound[0] ?? 0))).toEqual([1, 1.2, 1])
  })
  test('leave a round out in which nothing was kept, but show its loads', () => {
    const { capacityByRound, loads } = workloadOf([round(1, 50), round(2, 0)])
    expect(capacityByRound).toHaveLength(1)
    expect(loads).toHaveLength(8)
  })
  test('count as unavailable only what failed under a load that the stage should carry', () => {
    expect(workloadOf([round(1, 55)]).availability).toBe(1)
    expect(workloadOf([round(1, 55, { failed: 264 })]).availability).toBeCloseTo(0.9)
  })
})

test('servers of buckets are told of where there are some', async () => {
  const results = resultsOf(measurements([round(1, 55)]), { partial: false, catalogue })
  expect(results.shardVerdicts).toBeUndefined()
  const sharded = measuredStage({ stage: await loadStage('5'), set: ['shards=2'] }, '5-sharded shards=2', '', 0.1)
  const shards = sharded.hosts.flatMap((host) => host.shards)
  expect(shards).toEqual(['shard-1', 'shard-2'])
  const { stages, shardVerdicts } = resultsOf(
    { ...measurements([round(1, 55)]), stages: [sharded] },
    { partial: false, catalogue },
  )
  expect(stages[0]?.workloads[0]?.shards?.map(({ host }) => host)).toEqual(shards)
  expect(shardVerdicts?.map(({ servers }) => servers)).toEqual([2])
})

test('why hosts are smaller than usual stands among the notes', () => {
  const noted = { ...measurements([round(1, 55)]), hostSizeCpu: 0.1, sizeNote: 'hosts of all stages have 0.1 CPU: …' }
  expect(resultsOf(noted, { partial: false, catalogue }).rig.notes).toContain(noted.sizeNote)
})

describe('the rig', () => {
  const rigOf = (rounds: readonly RoundMeasures[]) => resultsOf(measurements(rounds), { partial: false, catalogue }).rig
  test('is no limit while k6 has room', () => {
    expect(rigOf([round(1, 55)])).toEqual({ ceilingRate: 5_000, limited: false, notes: [] })
  })
  test('is flagged where k6 was busy, or near what it can send', () => {
    expect(rigOf([round(1, 55, { generator: 0.9 })])).toMatchObject({
      limited: true,
      notes: [expect.stringMatching(/^k6 used more than 0.85 CPU in 1 of 3/)],
    })
    expect(rigOf([round(1, 900)]).limited).toBe(true)
  })
  test('says when the machine was busy with something else', () => {
    expect(rigOf([round(1, 55, { idleShare: 0.02 })]).notes).toEqual([
      expect.stringMatching(/^in 1 of 3 loads the machine had less than 10 %/),
    ])
  })
})
