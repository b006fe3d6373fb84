import type { HistoryLine } from '../../../../loadtests/history.ts'
import type { Sighting } from '../../invariants/sightings.ts'

export type Operation =
  | 'page'
  | 'order'
  | 'payment'
  /** With a card that takes its time. */
  | 'slow payment'
  | 'cancellation'
  | 'price'
  | 'cart'
  | 'own order'
  | 'own orders'
  | 'own cart'
  | 'who am I'
  | 'log-in'
  | 'log-out'
  | 'ended session'

/** One request. Times are on the clock of `performance.now()`; `failure` says why it was not answered as it should be. */
export type Sent = {
  readonly operation: Operation
  /** Whose it is: the id of a user, or the e-mail address of who logs in. */
  readonly customer?: string
  readonly startedAt: number
  readonly endedAt: number
  readonly servedBy?: string
  readonly failure?: string
}

/** All that the clients of a drill write down. */
export type Recording = {
  readonly sent: Sent[]
  /** When the last request of the load was due; what was asked afterwards has pauses of its own. */
  stoppedAt: number
  /** Requests of which nobody ever learned what became of them. */
  leftUnknown: number
  /** What the stored data is held against. */
  readonly lines: HistoryLine[]
  /** What the clients' own words are held against each other. */
  readonly sightings: Sighting[]
}
