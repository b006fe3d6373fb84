/** The results for a terminal of 80 columns. */

import { rate } from '../judge/verdicts.ts'
import type { Results, StageResult, Verdict, WorkloadResult } from '../results.ts'

const COLUMNS = 80
const NAME_WIDTH = 26

export function resultsTable(results: Results): string {
  const workloads = [...new Set(results.stages.flatMap(({ workloads }) => workloads.map(({ workload }) => workload)))]
  return [
    ...titleOf(results),
    ...workloads.flatMap((workload) => ['', ...workloadTable(results, workload)]),
    ...againstLines(results),
  ].join('\n')
}

function titleOf({ quick, partial, hostSizeCpu, rounds, rig, order }: Results): string[] {
  const marks = [
    ...(quick ? ['QUICK: a first impression, with short loads'] : []),
    ...(partial ? ['PARTIAL: not all that was asked for'] : []),
  ]
  const hosts = hostSizeCpu === null ? 'unsized hosts' : `hosts of ${hostSizeCpu} CPU`
  const done = order.length < rounds ? `${order.length} of ${rounds} rounds` : `${rounds} rounds`
  const limited = rig.limited ? ['LIMITED: the load generator was near its own limit, see the report'] : []
  return [...marks, `${hosts}, ${done}`, ...limited]
}

function workloadTable({ stages, verdicts, shardVerdicts = [] }: Results, workload: string): string[] {
  const rows = stages.flatMap((stage) =>
    stage.workloads.filter((one) => one.workload === workload).flatMap((result) => row(stage, result)),
  )
  const own = verdicts.filter((verdict) => verdict.workload === workload)
  const shards = shardVerdicts.filter((verdict) => verdict.workload === workload)
  return [
    header(workload, stages),
    ...rows,
    ...own.flatMap(verdictLines),
    ...shards.flatMap(({ sentence }) => markedLines('·', sentence)),
  ]
}

function header(workload: string, stages: readonly StageResult[]): string {
  const equal = stages[0]?.workloads.find((one) => one.workload === workload)?.latency[0]?.rate
  const at = equal === undefined ? 'p95' : `p95@${rate(equal)}/s`
  return line(workload, 'journeys/s', at, 'CPU/j', 'hosts', 'limit')
}

function row(
  { name, hostsUsed }: StageResult,
  { capacity, latency, cpuMsPerJourney, bottleneck, hosts }: WorkloadResult,
): string[] {
  const use = hosts.find(({ host }) => host === bottleneck.host)
  const spread = `${rate(capacity.median)} (${rate(capacity.min)}–${rate(capacity.max)})`
  const p95 = latency[0] ? `${Math.round(latency[0].p95Ms.median)} ms` : '–'
  const limit = `${bottleneck.host} ${Math.round(100 * (use?.shareAtCapacity ?? 0))}%`
  const figures = [spread, p95, `${cpuMsPerJourney.toFixed(1)} ms`, String(hostsUsed), limit] as const
  // Columns of one stage differ in what would be cut off: their settings.
  return name.length > NAME_WIDTH ? [...wrap(name, COLUMNS), line('', ...figures)] : [line(name, ...figures)]
}

function line(name: string, capacity: string, p95: string, cpu: string, hosts: string, limit: string): string {
  return `${name.padEnd(NAME_WIDTH)} ${capacity.padStart(14)} ${p95.padStart(9)} ${cpu.padStart(7)} ${hosts.padStart(5)}  ${limit}`.slice(
    0,
    COLUMNS,
  )
}

function againstLines({ against }: Results): string[] {
  if (!against) return []
  const title = `Against the report of ${against.startedAt.slice(0, 16).replace('T', ' ')} (commit ${against.commit})`
  return ['', title, ...against.notes.map((note) => `  ${note}`), ...against.verdicts.flatMap(verdictLines)]
}

function verdictLines({ outcome, sentence }: Verdict): string[] {
  return markedLines(MARKS[outcome], sentence)
}

function markedLines(mark: string, sentence: string): string[] {
  return wrap(`${mark} ${sentence}`, COLUMNS - 4).map((text, index) => (index === 0 ? `  ${text}` : `    ${text}`))
}

const MARKS: Readonly<Record<Verdict['outcome'], string>> = { faster: '▲', slower: '▼', mixed: '◆', noise: '=' }

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
