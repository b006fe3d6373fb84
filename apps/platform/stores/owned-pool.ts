/**
 * A pool for Kysely whose connections are all at one bucket, on whichever server owns it. Beside each statement, in the same packet,
 * goes a guard: a server that does not own the bucket refuses. Then nothing was done, and the same is asked of who does.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { MysqlPool, MysqlPoolConnection } from 'kysely'
import type { PoolConnection } from 'mysql2'
import { ShopError } from '../http/errors.ts'
import { noteTiming } from '../http/explain.ts'
import { countBucketRequest } from '../http/metrics.ts'
import { databaseOn } from '../mysql/database.ts'
import type { DatabaseHost } from '../mysql/host.ts'
import { isServerLost } from '../mysql/lost-server.ts'
import { routedPool } from '../mysql/routed-pool.ts'
import { codeOf } from '../mysql/transactions.ts'
import type { BucketMap } from './bucket-map.ts'
import { askGuarded, wasRefused } from './guarded-query.ts'
import type { Owner } from './owners.ts'
import { beginsTransaction, endsTransaction } from './packets.ts'
import { type BucketsTables, bucketSchema, type Claim, isRefusal, openLeft, selectIsLeft } from './queries.ts'

/** A bucket that is moved takes no writes for a moment; where nobody has owned it for so long, its customers are told. */
const REFUSED_MS = 3_000
const ASK_AGAIN_MS = 10

export type OwnedParts = {
  readonly bucket: string
  readonly map: BucketMap
  readonly hosts: ReadonlyMap<string, DatabaseHost>
  /** The schema in which a server says what it owns. */
  readonly ownersIn: string
}

type Lease = { readonly owner: Owner; readonly connection: PoolConnection }

export function ownedPool(parts: OwnedParts): MysqlPool {
  return {
    getConnection(callback) {
      connect(parts).then(
        (lease) => callback(undefined, leased(lease, parts)),
        (error) => callback(error, undefined as unknown as MysqlPoolConnection),
      )
    },
    // The connections belong to the servers' own pools.
    end: (callback) => callback(undefined),
  }
}

/** Throws UNAVAILABLE where nobody is known to own the bucket, or what its owner's pool throws. */
async function connect(parts: OwnedParts, goneFrom?: Owner): Promise<Lease> {
  const { bucket, map, hosts } = parts
  const askedAt = performance.now()
  if (!map.ownerOf(bucket)) await map.askAll()
  const owner = map.ownerOf(bucket)
  const host = owner && hosts.get(owner.server)
  if (!owner || !host) throw unavailable(`nobody is known to have ${bucketSchema(bucket)}`)
  try {
    const connection = await host.connect()
    countBucketRequest(bucket, owner.server)
    noteTiming('bucket', `${bucketSchema(bucket)} on ${owner.server}`, performance.now() - askedAt)
    return { owner, connection }
  } catch (error) {
    if (!isServerLost(error)) throw error
    // Who is away cannot say that it owns the bucket no more; the others may have heard.
    const heard = map.askAll()
    // Where nobody listens any more the bucket may have gone before that: a server that is given up is emptied first.
    if (isRefused(error) && !goneFrom) await heard
    if (goneFrom || map.ownerOf(bucket)?.server === owner.server) throw error
    return connect(parts, owner)
  }
}

function isRefused(error: unknown): boolean {
  return codeOf(error) === 'ECONNREFUSED'
}

function unavailable(detail: string): ShopError {
  return new ShopError('UNAVAILABLE', detail, { retryAfterS: 1 })
}

type Callback = (error: unknown, result?: unknown) => void

function leased(first: Lease, parts: OwnedParts): MysqlPoolConnection {
  let lease: Lease | undefined = first
  let inTransaction = false
  const release = () => {
    lease?.connection.release()
    lease = undefined
  }
  const run = async (sql: string, values: unknown): Promise<unknown> => {
    const endsAt = performance.now() + REFUSED_MS
    for (;;) {
      lease ??= await connect(parts)
      const { owner, connection } = lease
      try {
        const answer = await askGuarded(connection, sql, { claim: { ...parts, epoch: owner.epoch }, inTransaction, values })
        if (beginsTransaction(sql)) inTransaction = true
        if (endsTransaction(sql)) inTransaction = false
        return answer
      } catch (error) {
        if (inTransaction || !wasRefused(error)) throw error
        release()
        await followOwner(owner, parts, { endsAt, error })
      }
    }
  }
  const query = (sql: string, values: unknown, callback: Callback) => {
    run(sql, values).then((result) => callback(undefined, result), callback)
  }
  return { query, release } as unknown as MysqlPoolConnection
}

type Refusal = { readonly endsAt: number; readonly error: Error }

/** Whoever refuses is asked who owns the bucket; where it still is itself, it takes no writes for a moment. */
async function followOwner({ server, epoch }: Owner, parts: OwnedParts, { endsAt, error }: Refusal): Promise<void> {
  const { bucket, map, ownersIn } = parts
  if (performance.now() > endsAt) {
    if (!isRefusal(error.message)) throw error
    throw unavailable(`nobody takes this for ${bucketSchema(bucket)} at the moment`)
  }
  await map.ask(server)
  const now = map.ownerOf(bucket)
  if (now?.server !== server || now.epoch !== epoch) return
  if (!(await openIfLeft(server, parts, { ownersIn, bucket, epoch }))) await sleep(ASK_AGAIN_MS)
}

/** Where a mover has ended in the middle, the bucket goes on without it. */
async function openIfLeft(server: string, { hosts }: OwnedParts, claim: Claim): Promise<boolean> {
  const host = hosts.get(server)
  const database = host && databaseOn<BucketsTables>(routedPool(() => [host]))
  if (!database || !(await selectIsLeft(database, claim))) return false
  await openLeft(database, claim)
  return true
}
