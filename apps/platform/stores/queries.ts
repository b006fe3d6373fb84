import { sql } from 'kysely'
import type { Database } from '../mysql/database.ts'
import type { Sign } from '../mysql/store.ts'

/** Of a bucket on one server: see schema.sql. */
export type BucketState = 'owner' | 'fenced' | 'elsewhere' | 'moved' | 'copying' | 'ready'

export type BucketsTables = {
  buckets: {
    bucket: string
    state: BucketState
    epoch: number
    server: string
    token: string | null
    lease_until: Date | null
  }
  servers: { name: string; shard: string; host: string; port: number; version: number }
}

export type BucketRow = Pick<BucketsTables['buckets'], 'bucket' | 'state' | 'epoch' | 'server'>

/** What the server knows, by its table in this schema; a connection may have been at any bucket's. */
export async function selectBuckets(db: Database<BucketsTables>, schema: string): Promise<BucketRow[]> {
  const rows = db.withSchema(schema).selectFrom('buckets').select(['bucket', 'state', 'epoch', 'server'])
  return rows.orderBy('bucket').execute()
}

export async function insertBuckets(db: Database<BucketsTables>, rows: readonly BucketRow[]): Promise<void> {
  await db
    .insertInto('buckets')
    .values(rows.map((row) => ({ ...row, token: null, lease_until: null })))
    .execute()
}

export type ServerRow = BucketsTables['servers']

export async function selectServers(db: Database<BucketsTables>, schema: string): Promise<ServerRow[]> {
  return db.withSchema(schema).selectFrom('servers').select(['name', 'shard', 'host', 'port', 'version']).execute()
}

/** These and no others. */
export async function replaceServers(db: Database<BucketsTables>, rows: readonly ServerRow[]): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx.deleteFrom('servers').execute()
    await trx
      .insertInto('servers')
      .values([...rows])
      .execute()
  })
}

/** Runs one statement of a schema.sql, or several at once where the connection takes them. */
export async function runStatements(db: Database, text: string): Promise<void> {
  await sql.raw(text).execute(db)
}

export function bucketSchema(bucket: string): string {
  return `bucket_${bucket}`
}

/** The schema and its tables, where they are not there yet. */
export function createBucket(bucket: string, tables: readonly string[]): string {
  return [`CREATE DATABASE IF NOT EXISTS ${bucketSchema(bucket)}`, useBucket(bucket), ...tables].join(';\n')
}

export function useBucket(bucket: string): string {
  return `USE ${bucketSchema(bucket)}`
}

/** `ownersIn` is the schema with the server's `buckets`. */
export type Claim = { readonly ownersIn: string; readonly bucket: string; readonly epoch: number }

/** No number of SQL is greater, so one more is an error: the one way in which a SELECT can refuse, with whatever comes after it. */
const GREATEST = '9223372036854775807'

/** Fails unless the server owned the bucket when what stands before it was read: nobody owns it twice with the same epoch. */
export function readGuard(claim: Claim): string {
  return refuseUnless(claim, owned(claim, READABLE))
}

/** Fails unless the server owns the bucket and takes writes to it. Until the transaction ends that stays so. */
export function writeGuard(claim: Claim): string {
  return holdWhere(claim, owned(claim, WRITABLE))
}

const READABLE = "state IN ('owner', 'fenced')"
const WRITABLE = "state = 'owner'"
/** Until the transaction ends; in the words that both flavours know. */
const HELD = ' LOCK IN SHARE MODE'

/**
 * Which of these buckets have a row by one of the signs, and how many of them the server owned when that was read: what one statement reads it
 * sees as of one moment. All in one row of two columns, as each more costs who reads it more than the search.
 */
export async function selectHaving(
  db: Database<BucketsTables>,
  claims: readonly Claim[],
  signs: readonly Sign[],
): Promise<{ having: string[]; owned: number }> {
  const exists = (bucket: string) =>
    signs.map(({ table, condition }) => `EXISTS (SELECT 1 FROM ${bucketSchema(bucket)}.${table} WHERE ${condition})`).join(' OR ')
  const found = claims.map(({ bucket }) => `IF(${exists(bucket)}, '${bucket}', NULL)`).join(', ')
  const pairs = claims.map(({ bucket, epoch }) => `('${bucket}', ${epoch})`).join(', ')
  const owned = `SELECT COUNT(*) FROM ${claims[0]?.ownersIn}.buckets WHERE (bucket, epoch) IN (${pairs}) AND ${READABLE}`
  const { rows } =
    await sql<Having>`SELECT CONCAT_WS(',', ${sql.raw(found)}) AS having_any, (${sql.raw(owned)}) AS owned`.execute(db)
  const [{ having_any, owned: count } = { having_any: '', owned: 0 }] = rows
  return { having: having_any.split(',').filter(Boolean), owned: Number(count) }
}

type Having = { having_any: string; owned: number }

function owned({ epoch }: Claim, condition: string): string {
  return `epoch = ${epoch} AND ${condition}`
}

/** A statement that fails, with all that comes after it in its packet, unless the server's row of the bucket is so and stays so. */
export function holdWhere(place: Omit<Claim, 'epoch'>, condition: string): string {
  return refuseUnless(place, condition) + HELD
}

function refuseUnless({ ownersIn, bucket }: Omit<Claim, 'epoch'>, condition: string): string {
  return `SELECT ${GREATEST} + (1 - COUNT(*)) FROM ${ownersIn}.buckets WHERE bucket = '${bucket}' AND ${condition}`
}

/** What a mover that has ended left: a fence whose time is over, or a target to which the bucket was given and that has not heard of it. */
const LEFT = "(state = 'fenced' AND lease_until < SYSDATE(3)) OR state = 'ready'"

/** Looked for before it is changed: a row that is right is not to be locked by all who wait for it. */
export async function selectIsLeft(db: Database<BucketsTables>, { ownersIn, bucket, epoch }: Claim): Promise<boolean> {
  const found = db.withSchema(ownersIn).selectFrom('buckets').select('bucket').where('bucket', '=', bucket)
  return (
    (
      await found
        .where('epoch', '=', epoch)
        .where(sql<boolean>`(${sql.raw(LEFT)})`)
        .execute()
    ).length > 0
  )
}

/** For whoever knows that the server owns the bucket as of that epoch. */
export async function openLeft(db: Database<BucketsTables>, { ownersIn, bucket, epoch }: Claim): Promise<void> {
  const own = db.withSchema(ownersIn).updateTable('buckets').set({ state: 'owner', token: null, lease_until: null })
  const row = own.where('bucket', '=', bucket).where('epoch', '=', epoch)
  await row.where(sql<boolean>`(${sql.raw(LEFT)})`).execute()
}

/** Whether a guard failed, and not what it guards. */
export function isRefusal(message: string): boolean {
  return message.includes(`${GREATEST} + (1 - `)
}
