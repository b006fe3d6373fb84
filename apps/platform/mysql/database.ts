import { Kysely, MysqlDialect, type MysqlPool } from 'kysely'
import type { DatabaseAddress } from '../../../infra/stage/app-document.ts'
import { databaseObserver } from '../http/metrics.ts'
import type { LogPosition } from './log-position.ts'
import { connectionPool } from './pool.ts'

/** For what sends no statement on a table of its own: pools, positions, transactions. A module names its tables. */
// biome-ignore lint/suspicious/noExplicitAny: Kysely knows no other way to say that it does not matter.
export type AnyTables = any

/** A database as one module sees it: with that module's own tables. A statement on another module's does not compile. */
export type Database<Tables = AnyTables> = Kysely<Tables>

/** What must see the newest data or changes it goes to `writes`, all else to `reads`. */
export type Databases<Tables = AnyTables> = {
  readonly writes: Database<Tables>
  readonly reads: Database<Tables>
  /** For reads that must see what this user has written: a replica that has it, or the primary. */
  readsOf(userId: string): Promise<Database<Tables>>
  /** For reads that must see what was committed up to `position`; the primary where that is not known. */
  readsAfter(position: LogPosition | undefined): Promise<Database<Tables>>
  /** Where the log of the primary stands: after all that has been committed. */
  position(): Promise<LogPosition>
  /** False while nobody is known to take the writes. */
  isWritable(): boolean
  /** To be called after each commit of something that the user may read next. */
  wrote(userId: string): Promise<void>
  /** To be called before an answer that tells a user of what others may have committed. */
  saw(userId: string): Promise<void>
  close(): Promise<void>
}

/** Takes the writes and answers the reads: nobody has to wait for anything. */
export function oneDatabase<Tables>(database: Database<Tables>): Databases<Tables> {
  return {
    writes: database,
    reads: database,
    readsOf: async () => database,
    readsAfter: async () => database,
    position: async () => '',
    isWritable: () => true,
    wrote: async () => {},
    saw: async () => {},
    close: () => database.destroy(),
  }
}

/** `Tables` is the caller's word: what is in a database is made by the modules' own schema.sql. */
export function connectDatabase<Tables = AnyTables>(address: DatabaseAddress, queryDelayMs = 0): Database<Tables> {
  return databaseOn(connectionPool(address, databaseObserver(address.name), { queryDelayMs }))
}

export function databaseOn<Tables = AnyTables>(pool: MysqlPool): Database<Tables> {
  return new Kysely<Tables>({ dialect: new MysqlDialect({ pool }) })
}
