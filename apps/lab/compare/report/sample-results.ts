/** Made-up results for tests, from a queue's simple law and a seeded generator: the same every time, and alike to what is measured. */
import { diagramOf } from '../../../../infra/diagram/diagram.ts'
import { loadStage } from '../../../../infra/stage/catalogue.ts'
import { seededRandom } from '../../../platform/process/random.ts'
import type { HostUse, LoadResult, Results, StageResult, Verdict, WorkloadResult } from '../results.ts'
import { SCHEMA_VERSION } from '../results.ts'
import { spreadOf } from '../spread.ts'

export type Sample = {
  readonly stages: readonly number[]
  readonly workloads: readonly string[]
  readonly partial?: boolean
  readonly quick?: boolean
  readonly unsized?: boolean
  readonly rigLimited?: boolean
  /** CPU demand is multiplied by this for a stage that shall be slower than the one before. */
  readonly handicap?: Readonly<Record<number, number>>
}

/** CPU milliseconds of a `browse` journey, by host. */
const DEMANDS: Readonly<Record<number, readonly (readonly [host: string, kind: string, ms: number])[]>> = {
  1: [['node', 'mysql+app', 12.4]],
  2: [
    ['db', 'mysql', 4.6],
    ['app-1', 'app', 7.9],
  ],
  3: [
    ['db', 'mysql', 4.7],
    ['app-1', 'app', 2.72],
    ['app-2', 'app', 2.66],
    ['app-3', 'app', 2.64],
    ['edge', 'haproxy', 0.58],
  ],
}
const WEIGHT: Readonly<Record<string, number>> = { browse: 1, checkout: 3.1, mixed: 1.4 }
const SIZE_CPU = 0.15
const P95_LIMIT_MS = 250

export async function sampleResults(sample: Sample): Promise<Results> {
  const random = seededRandom(sample.stages.reduce((seed, stage) => seed * 10 + stage, sample.workloads.length))
  const stages: StageResult[] = []
  // One after the other: they draw from one generator, whose order must not depend on which page is loaded first.
  for (const number of sample.stages) stages.push(await stageResult(number, sample, random))
  for (const workload of sample.workloads) addLatency(workload, stages, random)
  if (sample.partial) stages.at(-1)?.workloads.pop()
  return {
    ...CIRCUMSTANCES,
    partial: sample.partial ?? false,
    quick: sample.quick ?? false,
    command: `npm run compare -- ${sample.stages.join(' ')} --workload ${sample.workloads.join(',')}`,
    machine: { ...CIRCUMSTANCES.machine, limits: sample.unsized ? 'unsized' : 'cgroup v1' },
    hostSizeCpu: sample.unsized ? null : SIZE_CPU,
    order: [sample.stages, sample.stages.toReversed(), sample.stages].map((round) => [...round]),
    rig: { ceilingRate: 5_230, limited: sample.rigLimited ?? false, notes: ['k6 used at most 0.6 CPUs.'] },
    stages,
    verdicts: sample.workloads.flatMap((workload) => verdictsOn(workload, stages)),
  }
}

const CIRCUMSTANCES = {
  schemaVersion: SCHEMA_VERSION,
  startedAt: '2025-06-03T09:12:44.000Z',
  finishedAt: '2025-06-03T09:28:10.000Z',
  commit: '10d1c40',
  machine: {
    cpus: 2,
    cpuModel: 'Example CPU @ 2.60GHz',
    memoryMiB: 7_950,
    os: 'Linux 6.1',
    node: '24.21.0',
    database: 'MySQL 9.7.0',
    haproxy: '2.6.12',
    k6: '1.8.1',
    limits: 'cgroup v1',
  },
  rounds: 3,
  seedChecksum: '9f31c2ab',
  limits: { p95Ms: P95_LIMIT_MS, errorShare: 0.001 },
} satisfies Partial<Results>

type Random = () => number

async function stageResult(number: number, sample: Sample, random: Random): Promise<StageResult> {
  const stage = await loadStage(String(number))
  const hosts = DEMANDS[number] ?? []
  return {
    stage: number,
    name: stage.name,
    adds: stage.adds,
    diagram: diagramOf(stage),
    settings: stage.settings,
    hostsUsed: hosts.length,
    workloads: sample.workloads.map((workload) => workloadResult(workload, number, sample, random)),
  }
}

function workloadResult(workload: string, number: number, sample: Sample, random: Random): WorkloadResult {
  const weight = (WEIGHT[workload] ?? 1) * (sample.handicap?.[number] ?? 1)
  const demands = (DEMANDS[number] ?? []).map(([host, kind, ms]) => ({ host, kind, ms: ms * weight }))
  const busiest = demands.reduce((most, demand) => (demand.ms > most.ms ? demand : most))
  const bound = (SIZE_CPU * 1_000) / busiest.ms
  const capacityByRound = [0, 1, 2].map(() => bound * (0.89 + 0.08 * random()))
  const capacity = spreadOf(capacityByRound)
  const hosts = demands.map(({ host, kind, ms }) => hostUse(host, kind, ms, capacity.median, sample.unsized ?? false))
  const loads = [0, 1, 2].flatMap((round) => loadsOf(round, bound, demands, random))
  const share = capacity.median / bound
  return {
    workload,
    capacity,
    capacityByRound,
    latency: [],
    availability: 0.99983,
    bottleneck: {
      host: busiest.host,
      why: `${busiest.host} used ${Math.round(share * 100)} % of its ${SIZE_CPU} CPU at capacity, ${busiest.ms.toFixed(1)} ms for each journey.`,
      bound,
      share,
      advice: {
        metric: 'throughput',
        sentence: `Throughput is what limits it: scale, and distribute the work of ${busiest.host}.`,
        answeredByStage: number < 3 ? number + 1 : null,
      },
    },
    cpuMsPerJourney: demands.reduce((sum, { ms }) => sum + ms, 0),
    queriesPerJourney: 6.02 * weight,
    cacheHitShare: null,
    loopDelayP99Ms: 21.4,
    poolWaitMsPerQuery: 0.31,
    hosts,
    costPerThousandJourneys: (demands.length * 1_000) / capacity.median,
    loads,
    invariants: [{ name: 'every charge has its order', ok: true, detail: '' }],
  }
}

function hostUse(host: string, kind: string, ms: number, capacity: number, unsized: boolean): HostUse {
  const memoryMiB = { app: 118, mysql: 402, haproxy: 23 }[kind] ?? 520
  const shareAtCapacity = (ms * capacity) / (SIZE_CPU * 1_000)
  return { host, kind, sizeCpu: unsized ? null : SIZE_CPU, cpuMsPerJourney: ms, shareAtCapacity, memoryMiB }
}

type Demand = { readonly host: string; readonly ms: number }

function loadsOf(round: number, bound: number, demands: readonly Demand[], random: Random): LoadResult[] {
  const shares = [0.3, 0.5, 0.55, 0.8, 0.9, 0.97, 1.05 + 0.02 * round]
  return shares.map((share) => {
    const offeredRate = bound * share
    const p50Ms = (9 / Math.max(0.02, 1 - share * 0.96)) * (0.92 + 0.16 * random())
    const p95Ms = p50Ms * (2.7 + 0.4 * random())
    const kept = p95Ms <= P95_LIMIT_MS && share < 1
    const finishedRate = Math.min(offeredRate, bound)
    return {
      round,
      purpose: share === 0.55 ? 'demand' : share === 0.5 || share === 0.8 ? 'latency' : 'search',
      offeredRate,
      finishedRate,
      durationS: 6,
      p50Ms,
      p95Ms,
      p99Ms: p95Ms * (1.4 + 0.3 * random()),
      errorShare: share > 1 ? 0.004 : 0,
      dropped: share > 1 ? 14 : 0,
      kept,
      cpuSByHost: Object.fromEntries(demands.map(({ host, ms }) => [host, (finishedRate * 6 * ms) / 1_000])),
      generatorCpuShare: 0.1 + offeredRate / 200,
    }
  })
}

/** At the same rates for all, which are parts of the smallest capacity. */
function addLatency(workload: string, stages: readonly StageResult[], random: Random): void {
  const results = stages.flatMap(({ workloads }) => workloads.filter((result) => result.workload === workload))
  const smallest = Math.min(...results.map(({ capacity }) => capacity.median))
  for (const result of results) {
    result.latency = [0.5, 0.8].map((share) => latencyAt(share, smallest * share, result.bottleneck.bound, random))
  }
}

function latencyAt(
  shareOfSmallestCapacity: number,
  rate: number,
  bound: number,
  random: Random,
): WorkloadResult['latency'][number] {
  const base = 9 / (1 - (rate / bound) * 0.96)
  const spread = (times: number) => spreadOf([0, 1, 2].map(() => base * times * (0.95 + 0.1 * random())))
  return { shareOfSmallestCapacity, rate, p50Ms: spread(1), p95Ms: spread(2.9), p99Ms: spread(4.4) }
}

function verdictsOn(workload: string, stages: readonly StageResult[]): Verdict[] {
  return stages.slice(1).flatMap((stage, index) => {
    const before = stages[index]?.workloads.find((result) => result.workload === workload)
    const after = stage.workloads.find((result) => result.workload === workload)
    return before && after ? [verdict(stages[index]?.stage ?? 0, stage.stage, before, after)] : []
  })
}

function verdict(from: number, to: number, before: WorkloadResult, after: WorkloadResult): Verdict {
  const ratio = spreadOf(after.capacityByRound.map((rate, round) => rate / (before.capacityByRound[round] ?? 1)))
  const outcome = ratio.min > 1.05 ? 'faster' : ratio.max < 0.95 ? 'slower' : 'noise'
  const rates = `${before.capacity.median.toFixed(1)} → ${after.capacity.median.toFixed(1)} journeys a second`
  const bought = {
    faster: `finishes ${ratio.median.toFixed(1)} times as many journeys as stage ${from} (${rates})`,
    slower: `is slower: ${ratio.median.toFixed(2)} times stage ${from} (${rates})`,
    noise: `is no different from stage ${from} beyond noise (${rates})`,
  }[outcome]
  const sentence = `Stage ${to} ${bought}, with ${after.hosts.length} hosts instead of ${before.hosts.length}; the next bottleneck is ${after.bottleneck.host}.`
  return { workload: after.workload, from, to, ratio, outcome, sentence }
}
