import { Kysely, MysqlDialect, type MysqlPool } from 'kysely'
import type { OrdersTables } from '../../orders/queries.ts'
import type { PaymentsTables } from '../../payments/queries.ts'
import type { ProductsTables } from '../../products/queries.ts'
import type { DatabaseAddress } from '../../shop/config.ts'
import type { ShopTables } from '../../shop/queries.ts'
import type { UsersTables } from '../../users/queries.ts'
import { databaseObserver } from '../http/metrics.ts'
import { connectionPool } from './pool.ts'

export type Tables = ShopTables & UsersTables & ProductsTables & OrdersTables & PaymentsTables
export type Database = Kysely<Tables>

/** A place in the primary's log: what was committed up to it. Only infra/mysql knows what it looks like. */
export type Position = string

/** Two fields from the first stage on: what must see the newest data or changes it goes to `writes`, all else to `reads`. */
export type Databases = {
  readonly writes: Database
  readonly reads: Database
  /** For reads that must see what this user has written: a replica that has it, or the primary. */
  readsOf(userId: string): Promise<Database>
  /** For reads that must see what was committed up to `position`; the primary where that is not known. */
  readsAfter(position: Position | undefined): Promise<Database>
  /** Where the log of the primary stands: after all that has been committed. */
  position(): Promise<Position>
  /** To be called after each commit of something that the user may read next. */
  wrote(userId: string): Promise<void>
  close(): Promise<void>
}

/** Takes the writes and answers the reads: nobody has to wait for anything. */
export function oneDatabase(database: Database): Databases {
  return {
    writes: database,
    reads: database,
    readsOf: async () => database,
    readsAfter: async () => database,
    position: async () => '',
    wrote: async () => {},
    close: () => database.destroy(),
  }
}

export function connectDatabase(address: DatabaseAddress, queryDelayMs = 0): Database {
  return databaseOn(connectionPool(address, databaseObserver(address.name), queryDelayMs))
}

export function databaseOn(pool: MysqlPool): Database {
  return new Kysely<Tables>({ dialect: new MysqlDialect({ pool }) })
}
