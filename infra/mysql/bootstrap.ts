import type { Flavour } from '../servers/server-program.ts'
import { COLLATION } from './options.ts'

/** The SQL with which a new data folder gets its database and its accounts. */
export type Bootstrap = {
  readonly database: string
  readonly user: string
  readonly password: string
  /** Name patterns of the databases that the user has all rights on, in the form of GRANT; the database itself unless given. */
  readonly grantOn?: readonly string[]
  /** Addresses, as a pattern, from which the accounts log in; any loopback address unless given. */
  readonly from?: string
  /** For a member of a group: of the account that copies data between members and gives them their roles. */
  readonly keeperPassword?: string
}

export const KEEPER = 'keeper'

/** One statement per element, none with a line break, as both flavours read one line at a time. */
export function bootstrapStatements(flavour: Flavour, bootstrap: Bootstrap): string[] {
  const { database, user, password, grantOn = [escapePattern(database)], from = LOOPBACKS, keeperPassword } = bootstrap
  const account = accountOf(user, from)
  return [
    `${createDatabase(database)};`,
    `CREATE USER ${account} IDENTIFIED BY ${quote(password)};`,
    ...grantOn.map((pattern) => `GRANT ALL ON ${quoteName(pattern)}.* TO ${account};`),
    ...(keeperPassword === undefined ? [] : keeperStatements(flavour, grantOn, { from, password: keeperPassword })),
    // Nobody administers this server through a connection.
    `ALTER USER 'root'@'localhost' ACCOUNT LOCK;`,
  ]
}

/** Said in full: MySQL's first run does not look at the server's own default. */
export function createDatabase(name: string): string {
  return `CREATE DATABASE ${quoteName(name)} CHARACTER SET utf8mb4 COLLATE ${COLLATION}`
}

/** The server listens on nothing else. */
const LOOPBACKS = '127.%'

function accountOf(user: string, from: string): string {
  return `${quote(user)}@${quote(from)}`
}

/** Of one right each: copy the log, start and stop copying, see how far it is, … The shop's account has none of them, so read only binds it. */
const KEEPER_RIGHTS: Partial<Record<Flavour, string>> = {
  mariadb:
    'REPLICATION SLAVE, REPLICATION SLAVE ADMIN, SLAVE MONITOR, REPLICATION MASTER ADMIN, READ_ONLY ADMIN, CONNECTION ADMIN, PROCESS, RELOAD, BINLOG ADMIN',
  mysql:
    'REPLICATION SLAVE, REPLICATION CLIENT, REPLICATION_SLAVE_ADMIN, SYSTEM_VARIABLES_ADMIN, CONNECTION_ADMIN, SESSION_VARIABLES_ADMIN, PROCESS, RELOAD',
}

/** What the shop may have on a member: one schema that is there from the start, and others that come by the log. */
export type ShopSchemas = { readonly made: string; readonly logged: readonly string[] }

/** For a member that replays the log from the start. */
export function emptySchemas({ made, logged }: ShopSchemas): string[] {
  return [...[made, ...logged].map((name) => `DROP DATABASE IF EXISTS ${quoteName(name)}`), createDatabase(made)]
}

/** It also empties the shop's schemas on a member that has to be made anew. */
function keeperStatements(
  flavour: Flavour,
  patterns: readonly string[],
  { from, password }: { from: string; password: string },
): string[] {
  const account = accountOf(KEEPER, from)
  return [
    `CREATE USER ${account} IDENTIFIED BY ${quote(password)};`,
    `GRANT ${KEEPER_RIGHTS[flavour]} ON *.* TO ${account};`,
    ...patterns.map((pattern) => `GRANT CREATE, DROP ON ${quoteName(pattern)}.* TO ${account};`),
  ]
}

/** Matches this name and no other. */
export function escapePattern(database: string): string {
  return database.replaceAll('_', '\\_')
}

function quoteName(name: string): string {
  if (!/^[\w\\%-]{1,64}$/.test(name)) throw new Error(`"${name}" cannot name a database`)
  return `\`${name}\``
}

export function quote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this refuses.
  if (/[\x00-\x1f\x7f]/.test(text)) throw new Error('a user name or password holds a control character')
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}
