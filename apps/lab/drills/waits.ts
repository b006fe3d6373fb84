/** Whether whoever asked was told in time, well or not. */
import type { Operation, Sent } from './traffic/recording.ts'

export const ANSWERED_WITHIN_MS = 1_000
/** What the clients' own machine may add. */
const SLACK_MS = 100
/** The bank takes 2 s for a slow card. */
const MORE_MS: { readonly [Slow in Operation]?: number } = { 'slow payment': 2_000 }

/** From here to there on the clock of `performance.now()`. */
type Timed = { readonly startedAt: number; readonly endedAt: number }

export function longestMs(times: readonly Timed[]): number {
  return Math.round(Math.max(0, ...times.map(({ startedAt, endedAt }) => endedAt - startedAt)))
}

/** So large a share of them took no longer. */
export function shareMs(times: readonly Timed[], share: number): number {
  const sorted = times.map(({ startedAt, endedAt }) => endedAt - startedAt).sort((one, other) => one - other)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
}

export function waitFindings(sent: readonly Sent[], withinMs = ANSWERED_WITHIN_MS): string[] {
  const waits = sent
    .map(({ operation, startedAt, endedAt }) => ({ operation, ms: Math.round(endedAt - startedAt) }))
    .filter(({ operation, ms }) => ms > withinMs + SLACK_MS + (MORE_MS[operation] ?? 0))
  if (waits.length === 0) return []
  const longest = waits.toSorted((one, other) => other.ms - one.ms)[0]
  return [`${waits.length} requests waited longer than ${withinMs} ms, one ${longest?.operation} ${longest?.ms} ms`]
}
