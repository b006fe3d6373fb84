/** Rounds as a stage would give them, for tests: each program takes what is there at rest, and more for each journey. */
import type { RestCpus } from './demand.ts'
import type { Measured } from './load.ts'
import type { MachineUse } from './machine-times.ts'
import type { RoundMeasures } from './measurements.ts'

export type MadeRound = {
  readonly round?: number
  readonly kept: number
  readonly machine?: MachineUse
  readonly longCollections?: number
  readonly rest?: RestCpus
  /** CPU milliseconds that a journey takes in each program, at a rate. */
  readonly cpuMs?: (rate: number) => Readonly<Record<string, number>>
}

const QUIET: MachineUse = { idleShare: 0.5, stolenShare: 0, diskShare: 0 }
const DEMAND_SHARE = 0.55
const FAILED_SHARE = 1.1

export function madeRound(made: MadeRound): RoundMeasures {
  const demand = madeLoad(made, DEMAND_SHARE * made.kept, true)
  const search = [madeLoad(made, made.kept, true), madeLoad(made, FAILED_SHARE * made.kept, false)]
  const rest = { round: made.round ?? 1, referenceMs: 500, memoryMiB: {}, lockWaitMs: 0 }
  return { ...rest, discarded: [], demand, search, latency: [], invariants: [] }
}

export function madeLoad(
  { machine = QUIET, longCollections = 0, rest = {}, cpuMs }: MadeRound,
  rate: number,
  kept: boolean,
): Measured {
  const cpus = Object.entries(cpuMs?.(rate) ?? {}).map(([program, ms]) => [program, (rest[program] ?? 0) + (ms * rate) / 1_000])
  const latency = { p50Ms: 20, p95Ms: kept ? 90 : 400, p99Ms: 450 }
  return {
    result: {
      round: 1,
      purpose: 'search',
      offeredRate: rate,
      finishedRate: rate,
      durationS: 6,
      ...latency,
      errorShare: 0,
      dropped: 0,
      kept,
      cpuSByHost: {},
      generatorCpuShare: 0.2,
    },
    cpus: Object.fromEntries(cpus),
    machine,
    requests: { sent: 24 * rate, failed: 0 },
    metrics: {
      queries: [],
      waits: [],
      buckets: [],
      poolWaitMsPerQuery: null,
      cacheHitShare: null,
      loopDelayP99Ms: null,
      longCollections,
    },
    history: '',
  }
}
