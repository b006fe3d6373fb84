/** Statements on any table of a bucket, by its shape: what is moved does not know whose rows they are. */
import { type BucketState, bucketSchema, holdWhere } from '../stores/queries.ts'

export type Shape = {
  readonly table: string
  readonly columns: readonly string[]
  /** Of its primary key, in its order. */
  readonly key: readonly string[]
}
/** The values of a primary key. */
export type Key = readonly unknown[]

/**
 * By which a trigger knows a mover's session: a setting that nobody else uses. Not a variable of ours: MySQL 9.7 has a table that a mover
 * has opened take the next session's variable for the mover's.
 */
const MARK_MOVER = 'SET SESSION default_week_format = 7'
const IS_MOVER = '@@SESSION.default_week_format = 7'
const PROGRESS = 'move_progress'

/** A table of ours, among those of the bucket. */
export function isOfMove(table: string): boolean {
  return table.startsWith('noted_') || table === PROGRESS
}

const quoted = (name: string) => `\`${name}\``
const list = (names: readonly string[]) => names.map(quoted).join(', ')
const place = (bucket: string, table: string) => `${quoted(bucketSchema(bucket))}.${quoted(table)}`
const noted = (bucket: string, table: string) => place(bucket, `noted_${table}`)

/** Ends a mover's session where it is stopped: what it holds is free again after `idleS`. */
export function sessionOfMover({ idleS, lockS }: { readonly idleS: number; readonly lockS: number }): string {
  return [
    `SET SESSION wait_timeout = ${idleS}, SESSION lock_wait_timeout = ${lockS}, SESSION innodb_lock_wait_timeout = ${lockS}`,
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    MARK_MOVER,
  ].join('; ')
}

export const TAKE_MOVER_LOCK = "SELECT GET_LOCK('outgrow_move', 1) AS taken"
export const GIVE_MOVER_LOCK_BACK = "SELECT RELEASE_LOCK('outgrow_move')"
export const STILL_THERE = 'SELECT 1'

/** Each table's columns; `keyPosition` is null for those outside the primary key. */
export const SELECT_COLUMNS = `
  SELECT c.table_name AS of_table, c.column_name AS name, k.ordinal_position AS key_position
  FROM information_schema.columns c
  JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
  LEFT JOIN information_schema.key_column_usage k ON k.table_schema = c.table_schema AND k.table_name = c.table_name
    AND k.column_name = c.column_name AND k.constraint_name = 'PRIMARY'
  WHERE c.table_schema = ? AND c.table_name NOT LIKE 'noted\\_%' AND c.table_name <> '${PROGRESS}'
  ORDER BY c.table_name, c.ordinal_position`

export function showTable(bucket: string, table: string): string {
  return `SHOW CREATE TABLE ${place(bucket, table)}`
}

export function countRows(bucket: string, { table }: Shape): string {
  return `SELECT COUNT(*) AS count FROM ${place(bucket, table)}`
}

export function makeSchema(bucket: string): string {
  const schema = quoted(bucketSchema(bucket))
  return `DROP DATABASE IF EXISTS ${schema}; CREATE DATABASE ${schema}; USE ${schema}`
}

export function dropSchema(bucket: string): string {
  return `DROP DATABASE IF EXISTS ${quoted(bucketSchema(bucket))}`
}

/** Of a copy: the epoch for which it is made, how far it has come in each table, and whether it is what the way back has kept. */
export function makeProgress(bucket: string): string {
  return `CREATE TABLE IF NOT EXISTS ${place(bucket, PROGRESS)}
    (of_table VARCHAR(64) NOT NULL PRIMARY KEY, epoch INT UNSIGNED NOT NULL, last_key TEXT NULL, copied INT UNSIGNED NOT NULL,
     ended TINYINT NOT NULL, is_back TINYINT NOT NULL)`
}

export function startProgress(bucket: string): string {
  return `REPLACE INTO ${place(bucket, PROGRESS)} (of_table, epoch, last_key, copied, ended, is_back) VALUES ?`
}

export function selectProgress(bucket: string): string {
  return `SELECT of_table, last_key, copied, ended, is_back FROM ${place(bucket, PROGRESS)} WHERE epoch = ?`
}

export function updateProgress(bucket: string): string {
  return `UPDATE ${place(bucket, PROGRESS)} SET last_key = ?, copied = copied + ?, ended = ? WHERE of_table = ?`
}

export const SELECT_TABLES = 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ?'
export const SELECT_TRIGGERS = 'SELECT trigger_name AS name FROM information_schema.triggers WHERE trigger_schema = ?'
export const SELECT_BYTES =
  'SELECT COALESCE(SUM(data_length + index_length), 0) AS bytes FROM information_schema.tables WHERE table_schema = ?'

/** Its columns are as the table's own. */
export function makeNotes(bucket: string, { table, key }: Shape): string {
  return `CREATE TABLE IF NOT EXISTS ${noted(bucket, table)} (note_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY)
    SELECT ${list(key)} FROM ${place(bucket, table)} LIMIT 0`
}

export function dropTable(bucket: string, table: string): string {
  return `DROP TABLE IF EXISTS ${place(bucket, table)}`
}

/** By its name: what notes the key of each row that anybody but a mover changes. */
export function notingTriggers(bucket: string, { table, key }: Shape): ReadonlyMap<string, string> {
  const into = `INSERT INTO ${noted(bucket, table)} (${list(key)}) VALUES`
  const note = (version: string) => `${into} (${key.map((name) => `${version}.${quoted(name)}`).join(', ')});`
  const isSame = key.map((name) => `OLD.${quoted(name)} <=> NEW.${quoted(name)}`).join(' AND ')
  const update = `${note('NEW')} IF NOT (${isSame}) THEN ${note('OLD')} END IF;`
  const changes = { insert: note('NEW'), update, delete: note('OLD') }
  return new Map(
    Object.entries(changes).map(([change, notes]) => {
      const name = `noted_${table}_${change}`
      const on = `AFTER ${change.toUpperCase()} ON ${place(bucket, table)} FOR EACH ROW`
      return [name, `CREATE TRIGGER ${place(bucket, name)} ${on} BEGIN IF NOT (${IS_MOVER}) THEN ${notes} END IF; END`]
    }),
  )
}

export function dropTrigger(bucket: string, name: string): string {
  return `DROP TRIGGER IF EXISTS ${place(bucket, name)}`
}

export function countNotes(bucket: string, shapes: readonly Shape[]): string {
  return shapes
    .map(({ table }) => `SELECT '${table}' AS of_table, COUNT(*) AS count FROM ${noted(bucket, table)}`)
    .join(' UNION ALL ')
}

export function selectNotes(bucket: string, { table, key }: Shape): string {
  return `SELECT note_id, ${list(key)} FROM ${noted(bucket, table)} ORDER BY note_id LIMIT ?`
}

/** Exactly those: one with a smaller number may be committed later. */
export function deleteNotes(bucket: string, { table }: Shape): string {
  return `DELETE FROM ${noted(bucket, table)} WHERE note_id IN (?)`
}

/** Without the index's name a long list has MySQL read the whole table. */
const byKey = (bucket: string, table: string) => `${place(bucket, table)} FORCE INDEX (PRIMARY)`

export function selectRows(bucket: string, { table, columns, key }: Shape, keys: readonly Key[]): string {
  return `SELECT ${list(columns)} FROM ${byKey(bucket, table)} WHERE ${isOneOf(key, keys.length)}`
}

export function selectHashes(bucket: string, shape: Shape, keys: readonly Key[]): string {
  return `SELECT ${hashed(shape)} FROM ${byKey(bucket, shape.table)} WHERE ${isOneOf(shape.key, keys.length)}`
}

export function deleteRows(bucket: string, { table, key }: Shape, keys: readonly Key[]): string {
  return `DELETE FROM ${place(bucket, table)} WHERE ${isOneOf(key, keys.length)}`
}

/** REPLACE would delete what stands in its way, unseen. */
export function putRows(bucket: string, { table, columns }: Shape): string {
  const set = columns.map((name) => `${quoted(name)} = VALUES(${quoted(name)})`)
  return `INSERT INTO ${place(bucket, table)} (${list(columns)}) VALUES ? ON DUPLICATE KEY UPDATE ${set.join(', ')}`
}

/** The next rows in key order, after a key or from the start. */
export function selectNext(bucket: string, { table, columns, key }: Shape, isFirst: boolean): string {
  const after = isFirst ? '' : `WHERE ${isAfter(key)}`
  return `SELECT ${list(columns)} FROM ${byKey(bucket, table)} ${after} ORDER BY ${list(key)} LIMIT ?`
}

type Part = { readonly from: boolean; readonly to: boolean; readonly most: boolean }

/** Keys and hashes of the rows after `from`, up to `to` and no more than `most`, each where it is given. */
export function selectHashesBetween(bucket: string, shape: Shape, { from, to, most }: Part): string {
  const bounds = [...(from ? [`(${isAfter(shape.key)})`] : []), ...(to ? [`NOT (${isAfter(shape.key)})`] : [])]
  const where = bounds.length > 0 ? `WHERE ${bounds.join(' AND ')}` : ''
  return `SELECT ${hashed(shape)} FROM ${byKey(bucket, shape.table)} ${where} ORDER BY ${list(shape.key)}${most ? ' LIMIT ?' : ''}`
}

/** What `isAfter` takes for its question marks. */
export function boundValues(key: Key): unknown[] {
  return key.flatMap((_, index) => key.slice(0, index + 1))
}

/** Spelt out: a comparison of whole keys at once finds no index. */
function isAfter(key: readonly string[]): string {
  const steps = key.map((name, index) => {
    const same = key.slice(0, index).map((before) => `${quoted(before)} = ?`)
    return `(${[...same, `${quoted(name)} > ?`].join(' AND ')})`
  })
  return steps.join(' OR ')
}

function isOneOf(key: readonly string[], count: number): string {
  const [only] = key
  if (key.length === 1 && only !== undefined) return `${quoted(only)} IN (${Array(count).fill('?').join(', ')})`
  const one = `(${key.map((name) => `${quoted(name)} = ?`).join(' AND ')})`
  return Array(count).fill(one).join(' OR ')
}

/** Of each value its bytes: neither character sets nor NULL are taken for something else. */
function hashed({ columns, key }: Shape): string {
  const values = columns.map((name) => `COALESCE(HEX(CAST(${quoted(name)} AS BINARY)), '-')`)
  return `${list(key)}, LEFT(SHA2(CONCAT_WS(',', ${values.join(', ')}), 256), 32) AS row_hash`
}

type OnServer = { readonly ownersIn: string; readonly bucket: string }
export type Filling = { readonly states: readonly BucketState[]; readonly epoch: number; readonly token: string | null }

/** Fails unless the bucket comes to this server by whoever fills it; until the transaction ends that stays so. */
export function fillGuard(place: OnServer, { states, epoch, token }: Filling): string {
  const of = token === null ? 'token IS NULL' : `token = '${token}'`
  const comes = `epoch = ${epoch} AND state IN (${states.map((state) => `'${state}'`).join(', ')}) AND ${of}`
  return holdWhere(place, comes)
}

/** What a server says of buckets other than that somebody else has them. */
export function selectHeld({ ownersIn }: Pick<OnServer, 'ownersIn'>): string {
  return `SELECT bucket, state FROM ${ownersIn}.buckets WHERE state <> 'elsewhere'`
}

export function selectBucket({ ownersIn, bucket }: OnServer): string {
  return `SELECT state, epoch, server, token, COALESCE(lease_until < SYSDATE(3), 1) AS is_over FROM ${ownersIn}.buckets WHERE bucket = '${bucket}'`
}

/** Fails at once where a transaction is writing to the bucket: whoever waits for it has all others wait behind. */
export function lockBucket({ ownersIn, bucket }: OnServer): string {
  return `SELECT state FROM ${ownersIn}.buckets WHERE bucket = '${bucket}' FOR UPDATE NOWAIT`
}

export type Known = {
  readonly state: BucketState
  readonly epoch: number
  readonly server: string
  readonly token: string | null
}

/** One arrow of a move: what the row must be, and what it becomes. NOW() would be the time before a wait for a lock. */
export function updateBucket({ ownersIn, bucket }: OnServer, from: Partial<Known>, leaseMs = 0): string {
  const conditions = Object.keys(from).map((column) => `${quoted(column)} <=> ?`)
  const lease = leaseMs > 0 ? `SYSDATE(3) + INTERVAL ${leaseMs * 1_000} MICROSECOND` : 'NULL'
  return `UPDATE ${ownersIn}.buckets SET ?, lease_until = ${lease} WHERE bucket = '${bucket}' AND ${conditions.join(' AND ')}`
}
