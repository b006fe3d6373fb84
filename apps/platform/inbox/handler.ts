import type { Transaction } from 'kysely'
import type { Event } from '../events/event.ts'
import type { AnyTables } from '../mysql/database.ts'

export type Handler = {
  /** Of its group and in its inbox. */
  readonly name: string
  /** Throws UnknownEvent for what it does not understand. What it does by `trx` happens once; all else may be repeated. */
  handle(trx: Transaction<AnyTables>, event: Event): Promise<void>
  /** After a commit. It may be repeated, and left out where the process ends. */
  after?(events: readonly Event[]): Promise<void>
}

/** No schema knows it: to try again is of no use. */
export class UnknownEvent extends Error {
  override readonly name = 'UnknownEvent'
}
