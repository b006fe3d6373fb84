import { ShopError } from '../http/errors.ts'
import { within } from '../process/within.ts'
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
  each<Value>(ask: (place: Databases<Tables>) => Promise<Value>, limits: { readonly withinMs: number }): Promise<Answers<Value>>
  /** The one place of rows that no customer owns. Throws where there are several. */
  whole(): Databases<Tables>
  close(): Promise<void>
}

export type Answers<Value> = { readonly values: readonly Value[]; readonly missing: readonly string[] }

/** All rows are in one place, whoever owns them. */
export function undividedStore<Tables>(name: string, databases: Databases<Tables>): Store<Tables> {
  return {
    name,
    of: () => databases,
    async each(ask, { withinMs }) {
      const answer = await within(
        withinMs,
        ask(databases).then((value) => ({ value })),
      )
      return answer ? { values: [answer.value], missing: [] } : { values: [], missing: [name] }
    },
    whole: () => databases,
    close: databases.close,
  }
}

/** For questions whose answer is of no use without a part: throws UNAVAILABLE where one is missing. */
export function allOf<Value>({ values, missing }: Answers<Value>): readonly Value[] {
  if (missing.length > 0) throw new ShopError('UNAVAILABLE', `${missing.join(', ')} cannot be asked now`, { retryAfterS: 1 })
  return values
}
