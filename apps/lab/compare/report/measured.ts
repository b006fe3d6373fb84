import type { Results, StageResult, WorkloadResult } from '../results.ts'
import { figure, orDash, percent, spreadText } from './figures.ts'

/** One stage's results of one workload, with the stage's place in the comparison. */
export type Measured = { readonly stage: StageResult; readonly index: number; readonly result: WorkloadResult }

/** Every workload that was measured anywhere, in the order of the run. */
export function workloadsOf({ stages }: Results): string[] {
  return [...new Set(stages.flatMap(({ workloads }) => workloads.map(({ workload }) => workload)))]
}

/** The stages that have results of the workload: an interrupted run has fewer. */
export function measuredOf({ stages }: Results, workload: string): Measured[] {
  return stages.flatMap((stage, index) => {
    const result = stage.workloads.find((candidate) => candidate.workload === workload)
    return result === undefined ? [] : [{ stage, index, result }]
  })
}

export function unmeasuredOf({ stages }: Results, workload: string): StageResult[] {
  return stages.filter(({ workloads }) => workloads.every((candidate) => candidate.workload !== workload))
}

/** What is said of servers that share customers. */
export function shardSentencesOf({ shardVerdicts = [] }: Results, workload: string): string[] {
  return shardVerdicts.filter((verdict) => verdict.workload === workload).map(({ sentence }) => sentence)
}

/** The columns of the table that every report shows, with the same words in each. */
export const COLUMNS = [
  'stage',
  'hosts',
  'capacity',
  'of bound',
  'bottleneck',
  'CPU ms',
  'queries',
  'hits',
  'available',
  'cost',
] as const

/** The cells under `COLUMNS`. */
export function cellsOf({ stage, result }: Measured): [name: string, ...cells: string[]] {
  return [
    stage.name,
    String(stage.hostsUsed),
    spreadText(result.capacity),
    percent(result.bottleneck.share),
    result.bottleneck.host,
    figure(result.cpuMsPerJourney),
    figure(result.queriesPerJourney),
    orDash(result.cacheHitShare, percent),
    percent(result.availability),
    figure(result.costPerThousandJourneys),
  ]
}
