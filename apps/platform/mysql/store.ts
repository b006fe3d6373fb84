import type { DatabaseAddress } from '../../../infra/stage/app-document.ts'
import { ShopError } from '../http/errors.ts'
import { inTime } from '../process/within.ts'
import type { AnyTables, Databases } from './database.ts'

/**
 * Where a module keeps its rows. What belongs to a customer is asked for by its owner, so that nobody need know whether all
 * customers are in one place.
 */
export type Store<Tables = AnyTables> = {
  readonly name: string
  /** Where this owner's rows are: the id of a user, an e-mail address before there is one, or a bucket where that is all that is known. */
  of(owner: string): Databases<Tables>
  /** Asks every place at once. Who has not answered in time, or cannot, is missing. */
  each<Value>(ask: Ask<Tables, Value>, limits: Limits): Promise<Answers<Value>>
  /** The one place of rows that no customer owns. Throws where there are several. */
  whole(): Databases<Tables>
  /** False while nobody is known to take the writes of all rows. */
  isWritable(): boolean
  /** Where its servers may become others while it is used. */
  readonly spread?: Spread
  close(): Promise<void>
}

/** What is known now, after the servers were asked. */
export type Spread = {
  servers(): Promise<readonly DatabaseAddress[]>
  /** Of each part the server that takes its writes, by the part's name. */
  writers(): Promise<readonly DatabaseAddress[]>
}

export type Limits = {
  readonly withinMs: number
  /** Where a place has no row by any of these nothing is asked of it. For what is asked again and again, and nearly always in vain. */
  readonly having?: readonly Sign[]
}
/** Rows of one table for which a condition of SQL holds. */
export type Sign = { readonly table: string; readonly condition: string }

/** The signal is aborted when the time is over. */
export type Ask<Tables, Value> = (place: Databases<Tables>, signal: AbortSignal) => Promise<Value>
export type Answers<Value> = { readonly values: readonly Value[]; readonly missing: readonly Missing[] }
type Missing = { readonly name: string; readonly reason: unknown }

/** All rows are in one place, whoever owns them. */
export function undividedStore<Tables>(name: string, databases: Databases<Tables>): Store<Tables> {
  return {
    name,
    of: () => databases,
    async each(ask, { withinMs }) {
      try {
        return { values: [await inTime(withinMs, (signal) => ask(databases, signal))], missing: [] }
      } catch (reason) {
        return { values: [], missing: [{ name, reason }] }
      }
    },
    whole: () => databases,
    isWritable: databases.isWritable,
    close: databases.close,
  }
}

/** For questions whose answer is of no use without a part: throws UNAVAILABLE where one is missing. */
export function allOf<Value>({ values, missing }: Answers<Value>): readonly Value[] {
  const [first] = missing
  if (!first) return values
  const names = missing.map(({ name }) => name).join(', ')
  throw new ShopError('UNAVAILABLE', `${names} cannot be asked now: ${first.reason}`, { retryAfterS: 1, cause: first.reason })
}
