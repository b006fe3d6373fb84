import type { InvariantResult } from './invariant-results.ts'
import { hasMeasured, type LoadResult } from './run-load.ts'

/** The result for a terminal of 80 columns. */
export function resultText(result: LoadResult): string {
  const crossed = result.thresholds.filter(({ kept }) => !kept)
  return [
    ...headline(result),
    ...figureRows(result).map(([name, text]) => `  ${name.padEnd(11)}${text}`),
    ...result.invariants.map(invariantText),
    ...crossed.map(({ metric, rule }) => `  ✗ threshold crossed: ${metric} must keep ${rule}`),
    ...(hasMeasured(result) ? [] : ['  ✗ nothing was measured: no journey was finished']),
    result.ok ? '  ✓ every threshold and invariant kept' : '  ✗ failed',
    `  raw: ${result.folder}`,
  ].join('\n')
}

function headline({ name, workload, load, complete }: LoadResult): string[] {
  const { rate, durationS, warmUpS, shape } = load
  const warmUp = warmUpS > 0 ? ` after ${warmUpS} s of warm-up` : ''
  const amount = workload === 'smoke' ? 'one pass over every route' : `${shape}, ${rate}/s for ${durationS} s${warmUp}`
  return [`${workload} on stage ${name}: ${amount}`, ...(complete ? [] : ['  ended early: the figures are partial'])]
}

function figureRows({ journeys, latencyMs, requests, generator, load, complete }: LoadResult): [string, string][] {
  const { offered, finished, failed, soldOut, dropped } = journeys
  const rate = complete && offered > 1 ? ` (${(finished / load.durationS).toFixed(1)}/s)` : ''
  const others = [`${failed} failed`, `${dropped} dropped`, ...(soldOut > 0 ? [`${soldOut} sold out`] : [])]
  const { p50, p95, p99, p999 } = latencyMs ?? { p50: 0, p95: 0, p99: 0, p999: 0 }
  const share = generator.cpuS === null ? '' : `; k6 used ${(generator.cpuS / generator.wallS).toFixed(2)} CPU`
  return [
    ['journeys', `${finished} of ${offered} finished${rate}, ${others.join(', ')}`],
    ['latency', latencyMs === null ? 'no journey finished' : `p50 ${ms(p50)}, p95 ${ms(p95)}, p99 ${ms(p99)}, p99.9 ${ms(p999)}`],
    ['requests', `${requests.sent} sent, ${requests.failed} failed${share}`],
  ]
}

function invariantText({ name, kept, detail, findings }: InvariantResult): string {
  const more = findings > 1 ? `, and ${findings - 1} more` : ''
  return wrapped(`  ${kept ? '✓' : '✗'} ${name.padEnd(9)}${detail}${more}`)
}

/** Breaks between words; what continues a line is indented. */
function wrapped(text: string): string {
  if (text.length <= COLUMNS) return text
  const at = text.lastIndexOf(' ', COLUMNS)
  if (at <= INDENT.length) return text
  return `${text.slice(0, at)}\n${wrapped(`${INDENT}${text.slice(at + 1)}`)}`
}

const COLUMNS = 80
const INDENT = '             '

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
}
