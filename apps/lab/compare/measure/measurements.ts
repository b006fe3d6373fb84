/** What a comparison has measured so far. Results are made of it at the end, and after each round in case there is no other end. */
import type { InvariantResult } from '../../load/invariant-results.ts'
import type { ComparedWorkload, CompareRequest, Contestant } from '../request.ts'
import type { Results } from '../results.ts'
import type { RestCpus } from './demand.ts'
import type { Measured } from './load.ts'

/** One stage under one workload in one round. */
export type RoundMeasures = {
  /** Counts from 1. */
  readonly round: number
  readonly referenceMs: number
  /** Lead-ins, and one for CPU demand that was more than the stage could carry. */
  readonly discarded: readonly Measured[]
  readonly demand: Measured
  readonly search: readonly Measured[]
  readonly latency: readonly { readonly share: number; readonly measured: Measured }[]
  readonly memoryMiB: Readonly<Record<string, number>>
  readonly lockWaitMs: number
  readonly invariants: readonly InvariantResult[]
}

/** One stage under one workload. */
export type Cell = {
  readonly contestant: number
  readonly workload: ComparedWorkload
  readonly rest: RestCpus
  readonly rounds: readonly RoundMeasures[]
}

export type MeasuredStage = {
  readonly contestant: Contestant
  readonly label: string
  readonly diagram: string
  readonly settings: Readonly<Record<string, string | number>>
  readonly hosts: readonly {
    readonly name: string
    readonly kind: string
    readonly sizeCpu: number | null
    /** False for what belongs to somebody else. */
    readonly own: boolean
    readonly programs: readonly string[]
    /** The servers on it that have buckets of customers. */
    readonly shards: readonly string[]
  }[]
}

export type Measurements = {
  readonly request: CompareRequest
  readonly startedAt: Date
  readonly stages: readonly MeasuredStage[]
  readonly cells: readonly Cell[]
  readonly order: readonly (readonly number[])[]
  readonly ceilingRate: number
  readonly machine: Results['machine']
  readonly commit: string
  readonly seedChecksum: string
  readonly hostSizeCpu: number | null
  readonly p95Ms: number
  /** Why that is not the usual size. */
  readonly sizeNote?: string
}

/** The loads that count, in the order in which they were sent. */
export function loadsOf({ demand, search, latency }: RoundMeasures): Measured[] {
  return [demand, ...search, ...latency.map(({ measured }) => measured)]
}
