import type { Results } from '../results.ts'
import { badgesOf } from './badges.ts'
import { machineLine } from './circumstances.ts'
import { figure, percent, spreadText } from './figures.ts'
import { COLUMNS, cellsOf, type Measured, measuredOf, shardSentencesOf, unmeasuredOf, workloadsOf } from './measured.ts'
import { OUTCOME_MARKS } from './outcomes.ts'

/** For a pull request: what it means, the figures, where they come from. */
export function markdownReport(results: Results): string {
  const badges = badgesOf(results).map(({ name, meaning }) => `> **${name}**: ${escapeMarkdown(meaning)}`)
  const sections = workloadsOf(results).map((workload) => workloadSection(results, workload))
  const parts = [
    '# Stages compared',
    badges.join('\n>\n'),
    verdictList(results),
    ...sections,
    `_${escapeMarkdown(machineLine(results))}_`,
  ]
  return `${parts.filter(Boolean).join('\n\n')}\n`
}

function verdictList({ verdicts }: Results): string {
  return verdicts
    .map(({ workload, outcome, sentence }) => `- ${OUTCOME_MARKS[outcome]} **${workload}**: ${escapeMarkdown(sentence)}`)
    .join('\n')
}

function workloadSection(results: Results, workload: string): string {
  const measured = measuredOf(results, workload)
  const missing = unmeasuredOf(results, workload).map(({ name }) => `${name}: not measured.`)
  const why = measured.map(({ stage, result }) => `- ${stage.name}: ${escapeMarkdown(result.bottleneck.why)}`)
  const shards = shardSentencesOf(results, workload).map((sentence) => `- ${escapeMarkdown(sentence)}`)
  const lists = [why, shards, missing].map((lines) => lines.join('\n'))
  const parts = [`## ${workload}`, capacityTable(measured), UNITS, latencyTable(measured), ...lists]
  return parts.filter(Boolean).join('\n\n')
}

const UNITS =
  'Capacity: finished journeys a second, median (lowest–highest round). CPU ms, queries: for each journey. Cost: host seconds for 1,000 journeys.'

function capacityTable(measured: readonly Measured[]): string {
  return table(COLUMNS, measured.map(cellsOf))
}

function latencyTable(measured: readonly Measured[]): string {
  const rows = measured.flatMap(({ stage, result }) =>
    result.latency.map(({ shareOfSmallestCapacity, rate, p50Ms, p95Ms, p99Ms }) => {
      const load = `${figure(rate)}/s (${percent(shareOfSmallestCapacity)})`
      return [stage.name, load, spreadText(p50Ms), spreadText(p95Ms), spreadText(p99Ms)]
    }),
  )
  return rows.length === 0 ? '' : table(['at equal load', 'load (of the smallest capacity)', 'p50 ms', 'p95 ms', 'p99 ms'], rows)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(' | ')} |`
  return [line(head), `|${head.map((_, index) => (index === 0 ? '---' : '---:')).join('|')}|`, ...rows.map(line)].join('\n')
}

function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\|*_`<>[\]]/g, (character) => `\\${character}`).replaceAll(/\s+/g, ' ')
}
