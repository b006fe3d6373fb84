/** What the keeper says to a server and how it reads the answers; MariaDB and MySQL each have a file of their own. */
import type { ShopSchemas } from '../bootstrap.ts'
import type { Roles } from '../roles.ts'

/** Transactions that a server has. Along one history the one with the greater number has all that the other has. */
export type GtidPosition = { readonly text: string; readonly transactions: number }

/** How a server copies another one. */
export type Copying = {
  /** All members have different ones. */
  readonly sourcePort: number
  /** Fetches from its source, or tries to. */
  readonly receiving: boolean
  /** Is logged in at its source, so that it can acknowledge. */
  readonly connected: boolean
  /** Carries out what it has fetched. */
  readonly applying: boolean
  /** All that it has, carried out or only fetched. */
  readonly received: GtidPosition
  /** Why it can't go on, if waiting does not help: it differs from its source. */
  readonly fault?: string
}

export type Observation = {
  readonly readOnly: boolean
  /** What its own transactions are known by; on MariaDB they bear the number that its role gives it. */
  readonly uuid?: string
  readonly executed: GtidPosition
  readonly copying?: Copying
}

export type Row = Readonly<Record<string, unknown>>
export type Source = { readonly host: string; readonly port: number; readonly password: string }
export type Role = { readonly serverId: number; readonly semiSync: boolean }

/** Statements are carried out in order; the first that fails ends the rest. */
export type Dialect = {
  readonly flavour: Roles['flavour']
  /** One row about the server itself. */
  readonly stateQuery: string
  /** One row about its copying, or none. */
  readonly copyingQuery: string
  observation(state: Row, copying: Row | undefined): Observation
  /** What the one has and the other has not, as text; empty when there is nothing. */
  excess(one: GtidPosition, other: GtidPosition): string
  /**
   * What the one has, the primary has not, and the primary has not written either: then the one has it from nobody. The primary may
   * have been asked earlier than the one.
   */
  strays(one: Observation, primary: Observation, role: Role): string
  readonly startApplying: string
  readonly stopReceiving: string
  resumeReceiving(role: Role): string[]
  follow(source: Source, role: Role): string[]
  /** Makes it ready to take writes. It still takes none. */
  lead(role: Role): string[]
  readonly takeWrites: string
  /** For one that has no clients at the moment. Fails while a commit waits for its acknowledgement. */
  readonly refuseWrites: readonly string[]
  /**
   * Empties the log and the shop's schemas, so that all can be replayed from another server's log. The log first: where this is
   * broken off, what is left has executed nothing, is not served, and is emptied again as soon as it meets a row that it still has.
   */
  empty(schemas: ShopSchemas): string[]
}
