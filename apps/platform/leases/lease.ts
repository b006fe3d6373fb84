/**
 * The right to do what only one process may do at a time, kept in a database. It ends by itself, so nobody waits for a holder that is
 * gone; and since a holder that was stopped does not know that its time is over, whatever it changes asks for its token.
 */
import type { Transaction } from 'kysely'
import type { AnyTables, Database } from '../mysql/database.ts'
import { inTransaction } from '../mysql/transactions.ts'
import { endLease, insertLease, isNewest, type LeaseTables, seizeLease, takeLease } from './queries.ts'

export type Held = { readonly token: number }

export type Lease = {
  readonly name: string
  /** Takes it or keeps it; undefined while it is somebody else's. */
  held(): Promise<Held | undefined>
  /** Takes it from whoever has it. */
  seize(): Promise<Held>
  /** In the transaction of a change: throws where somebody has taken the lease since, and keeps it from being taken until the end. */
  guard(trx: Transaction<LeaseTables>, held: Held): Promise<void>
  release(): Promise<void>
}

type LeaseOptions = { readonly name: string; readonly holder: string; readonly lastsMs?: number }

/** With the thirds in which it is asked for, somebody else goes on within 3 s of a holder's end. */
const LASTS_MS = 2_000

export function databaseLease(db: Database<LeaseTables>, { name, holder, lastsMs = LASTS_MS }: LeaseOptions): Lease {
  let isThere = false
  let held: Held | undefined
  let endsAt = 0
  let askAt = 0
  const ask = async (how: typeof takeLease): Promise<void> => {
    // Before it is asked for, so that it never seems longer here than it is in the database.
    const askedAt = performance.now()
    askAt = askedAt + lastsMs / 3
    if (!isThere) await insertLease(db, name)
    isThere = true
    const token = await how(db, { name, holder, lastsMs })
    held = token === undefined ? undefined : { token }
    endsAt = askedAt + lastsMs
  }
  return {
    name,
    async held() {
      if (performance.now() >= askAt) await ask(takeLease)
      return performance.now() < endsAt ? held : undefined
    },
    async seize() {
      await ask(seizeLease)
      return held as Held
    },
    async guard(trx, { token }) {
      if (!(await isNewest(trx, name, token))) throw new LeaseLost(`the lease ${name} is somebody else's by now`)
    },
    async release() {
      held = undefined
      askAt = 0
      if (isThere) await endLease(db, name, holder)
    },
  }
}

/** A change that only the holder may make. */
export function asHolder<Tables extends LeaseTables, Value>(
  { db, lease }: { readonly db: Database<Tables>; readonly lease: Lease },
  held: Held,
  change: (trx: Transaction<Tables>) => Promise<Value>,
): Promise<Value> {
  return inTransaction(db, async (trx) => {
    const leases: Transaction<LeaseTables> = trx as Transaction<AnyTables>
    await lease.guard(leases, held)
    return change(trx)
  })
}

export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}
