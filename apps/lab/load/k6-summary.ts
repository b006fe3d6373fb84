/** k6's summary of a run, read into the few figures that a load is judged by. All are of the measured part alone. */
import { readFileSync, writeFileSync } from 'node:fs'

export type LoadFigures = {
  readonly journeys: {
    /** Arrivals, dropped ones included. */
    readonly offered: number
    readonly finished: number
    readonly failed: number
    readonly soldOut: number
    /** Arrivals that found no free virtual user: the stage was behind. */
    readonly dropped: number
  }
  /** Of finished journeys, without think time; null when none finished. */
  readonly latencyMs: Latency | null
  readonly requests: { readonly sent: number; readonly failed: number }
  readonly thresholds: readonly { readonly metric: string; readonly rule: string; readonly kept: boolean }[]
}

/** p999 is the 99.9th percentile: one visitor in a thousand waits longer. */
type Latency = { readonly p50: number; readonly p95: number; readonly p99: number; readonly p999: number }
type Statistic = 'count' | 'passes' | 'fails' | 'med' | 'p(95)' | 'p(99)' | 'p(99.9)'
type Metric = { readonly [Name in Statistic]?: number } & { readonly thresholds?: Readonly<Record<string, boolean>> }
type Summary = { readonly metrics: Readonly<Record<string, Metric>>; readonly setup_data?: unknown }

/** Throws when k6 did not write one. */
export function readSummary(file: string): LoadFigures {
  return figuresOf(JSON.parse(readFileSync(file, 'utf8')) as Summary)
}

/** Takes the shoppers' sessions out of `summary.json`; empties a file that k6 could not write to its end. */
export function removeSessions(file: string): void {
  try {
    const { setup_data: _, ...summary } = JSON.parse(readFileSync(file, 'utf8')) as Summary
    writeFileSync(file, `${JSON.stringify(summary, null, 2)}\n`)
  } catch (error) {
    // Without a file there is nothing to remove.
    if (error instanceof SyntaxError) writeFileSync(file, '')
  }
}

export function figuresOf({ metrics }: Pick<Summary, 'metrics'>): LoadFigures {
  const measured = (name: string): Metric => metrics[`${name}{scenario:measured}`] ?? metrics[name] ?? {}
  const { passes: failed = 0, fails: others = 0 } = measured('journeys_failed')
  const { count: dropped = 0 } = measured('dropped_iterations')
  const { count: soldOut = 0 } = measured('journeys_sold_out')
  const { passes: requestsFailed = 0, fails: requestsFine = 0 } = measured('http_req_failed')
  const finished = others - soldOut
  return {
    journeys: { offered: failed + others + dropped, finished, failed, soldOut, dropped },
    latencyMs: finished === 0 ? null : latencyOf(measured('journey_duration')),
    requests: { sent: requestsFailed + requestsFine, failed: requestsFailed },
    thresholds: Object.entries(metrics).flatMap(([metric, { thresholds = {} }]) =>
      // k6 writes true for a threshold that was crossed.
      Object.entries(thresholds).map(([rule, crossed]) => ({
        metric: metric.replace('{scenario:measured}', ''),
        rule,
        kept: !crossed,
      })),
    ),
  }
}

function latencyOf(duration: Metric): Latency {
  const at = (name: Statistic): number => duration[name] ?? 0
  return { p50: at('med'), p95: at('p(95)'), p99: at('p(99)'), p999: at('p(99.9)') }
}
