import type { Module } from '../../../infra/stage/topology.ts'
import type { Sent } from './traffic/recording.ts'

/** Times are on the clock of `performance.now()`. */
export type FaultEvent = {
  readonly at: number
  readonly what: string
  readonly program: string
  /** Those that the program has, where the fault is about them. */
  readonly buckets?: readonly string[]
  /** Another server may answer in its place. */
  readonly isReplaced?: boolean
  /** Of the service that it is about, from now on until its next event: which of the requests that need it may fail. */
  readonly service?: { readonly name: Module; readonly excuses: Excuse }
}
/** Of one copy only what it has in its hands; of one that says nothing also what is sent to it before its caller knows that. */
export type Excuse = 'all' | 'in flight' | 'silence' | 'none'

export function eventNow(what: string, program: string): FaultEvent {
  return { at: performance.now(), what, program }
}

export function failuresOf(sent: readonly Sent[]): Sent[] {
  return sent.filter(({ failure }) => failure !== undefined)
}

/** At most so many failures are told one by one. */
const TOLD = 5

export function describeFailures(failed: readonly Sent[], events: readonly FaultEvent[]): string[] {
  const told = failed.slice(0, TOLD).map(({ operation, failure, startedAt, servedBy }) => {
    const before = events.findLast(({ at }) => at <= startedAt)
    const when = before ? `${Math.round(startedAt - before.at)} ms after "${before.what}"` : 'before the fault'
    const by = servedBy === undefined ? '' : ` from ${servedBy}`
    return `${operation}, begun ${when}: ${failure}${by}`
  })
  return failed.length > TOLD ? [...told, `… and ${failed.length - TOLD} more`] : told
}
