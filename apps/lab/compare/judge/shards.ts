/** How the servers that have buckets of customers share the work, and what it takes off the busiest that there are several. */
import { loadsOf, type MeasuredStage, type RoundMeasures } from '../measure/measurements.ts'
import type { HostUse, Results, ShardUse, ShardVerdict, StageResult, WorkloadResult } from '../results.ts'
import { sum } from '../spread.ts'
import { milliseconds, percent } from './bottleneck.ts'

/** Of what is ideal; the rest is for buckets that are not alike, and for what each server does however little it has. */
const LEAST_EFFICIENCY = 0.85

/** Nothing for a stage without buckets. */
export function shardsOf(
  { hosts }: Pick<MeasuredStage, 'hosts'>,
  uses: readonly HostUse[],
  rounds: readonly RoundMeasures[],
): Pick<WorkloadResult, 'shards'> {
  const sharing = hosts.filter(({ shards }) => shards.length > 0)
  if (sharing.length === 0) return {}
  const cpuOf = (name: string) => uses.find(({ host }) => host === name)?.cpuMsPerJourney ?? 0
  const requests = rounds.flatMap((round) => loadsOf(round).flatMap(({ metrics }) => metrics?.buckets ?? []))
  const all = { cpu: sum(sharing.map(({ name }) => cpuOf(name))), requests: sum(requests.map(({ count }) => count)) }
  return {
    shards: sharing.map(({ name, shards }): ShardUse => {
      const own = sum(requests.filter(({ server }) => shards.includes(server)).map(({ count }) => count))
      const requestShare = all.requests === 0 ? null : own / all.requests
      return { host: name, requestShare, cpuShare: all.cpu === 0 ? 0 : cpuOf(name) / all.cpu, cpuMsPerJourney: cpuOf(name) }
    }),
  }
}

/** Each column beside that of the same stage in which one server has all buckets. Nothing where no column has any. */
export function shardVerdictsOf(stages: readonly StageResult[]): Pick<Results, 'shardVerdicts'> {
  const columns = stages.flatMap((stage) =>
    stage.workloads.flatMap(({ workload, shards }) => (shards ? [{ stage, workload, shards }] : [])),
  )
  if (columns.length === 0) return {}
  const one = (column: Column) =>
    columns.find(
      ({ stage, workload, shards }) => shards.length === 1 && stage.stage === column.stage.stage && workload === column.workload,
    )
  return { shardVerdicts: columns.map((column) => verdictOn(column, one(column)?.shards[0])) }
}

type Column = { readonly stage: StageResult; readonly workload: string; readonly shards: readonly ShardUse[] }

function verdictOn(column: Column, single: ShardUse | undefined): ShardVerdict {
  const { stage, workload, shards } = column
  const busiest = busiestOf(shards)
  const { cpuMsPerJourney } = busiest
  const mostPart = 1 / (LEAST_EFFICIENCY * shards.length)
  const partOfOne = single ? cpuMsPerJourney / single.cpuMsPerJourney : null
  const sentence = [`${stage.name}: ${busiestText(busiest, shards.length)}`, partText({ partOfOne, mostPart, shards })].join('')
  return { workload, stage: stage.stage, servers: shards.length, cpuMsPerJourney, partOfOne, mostPart, sentence: `${sentence}.` }
}

function busiestOf(shards: readonly ShardUse[]): ShardUse {
  return shards.reduce((most, shard) => (shard.cpuMsPerJourney > most.cpuMsPerJourney ? shard : most))
}

function busiestText({ host, requestShare, cpuShare, cpuMsPerJourney }: ShardUse, servers: number): string {
  const cpu = `${milliseconds(cpuMsPerJourney)} of CPU a journey`
  if (servers === 1) return `${host} has all customers and takes ${cpu}`
  const requests = requestShare === null ? '' : `${percent(requestShare)} of what is asked and `
  return `the busiest of ${servers} servers of customers is ${host}, with ${requests}${percent(cpuShare)} of their CPU, ${cpu}`
}

type Part = Pick<ShardVerdict, 'partOfOne' | 'mostPart'> & { readonly shards: readonly ShardUse[] }

function partText({ partOfOne, mostPart, shards }: Part): string {
  if (partOfOne === null || shards.length === 1) return ''
  const kept = partOfOne <= mostPart ? 'not more' : 'more'
  return `, ${partOfOne.toFixed(2)} of what one takes that has all, and ${kept} than 1 ÷ (${LEAST_EFFICIENCY} × ${shards.length}) = ${mostPart.toFixed(2)}`
}
