/**
 * Reads of many buckets that are asked for at the same moment go to their server in one packet, each with its guard: what asks all
 * buckets costs a round trip a server.
 */
import type { MysqlPool, MysqlPoolConnection } from 'kysely'
import type { DatabaseHost } from '../mysql/host.ts'
import type { BucketMap } from './bucket-map.ts'
import { sendPacket, wasRefused } from './guarded-query.ts'
import { type OwnedParts, ownedPool } from './owned-pool.ts'
import { isRead } from './packets.ts'
import { readGuard, useBucket } from './queries.ts'

/** Larger than any packet of ours, and far below what a server takes. */
const MOST_READS = 64

type Callback = (error: unknown, result?: unknown) => void
type Read = {
  readonly sql: string
  readonly values: unknown
  readonly bucket: string
  readonly callback: Callback
  alone(): void
}

/** For each bucket a pool; what is no read by itself goes past the packets. */
export function gatheredReads(parts: Omit<OwnedParts, 'bucket'>): (bucket: string) => MysqlPool {
  const { map, hosts } = parts
  const waiting = new Map<DatabaseHost, Read[]>()
  const put = (host: DatabaseHost, read: Read): void => {
    const reads = waiting.get(host) ?? []
    reads.push(read)
    waiting.set(host, reads)
    const leave = () => {
      if (waiting.get(host) !== reads) return
      waiting.delete(host)
      void sendReads(host, reads, parts)
    }
    // All that are asked for in this turn of the event loop.
    if (reads.length === 1) setImmediate(leave)
    if (reads.length === MOST_READS) leave()
  }
  const hostOf = (bucket: string) => hosts.get(map.ownerOf(bucket)?.server ?? '')
  return (bucket) => {
    const owned = ownedPool({ ...parts, bucket })
    return { getConnection: (callback) => callback(undefined, gathering(owned, { bucket, hostOf, put })), end: owned.end }
  }
}

type Gathering = {
  readonly bucket: string
  hostOf(bucket: string): DatabaseHost | undefined
  put(host: DatabaseHost, read: Read): void
}

/** A connection that is none until something comes that needs one of its own. */
function gathering(owned: MysqlPool, { bucket, hostOf, put }: Gathering): MysqlPoolConnection {
  let own: MysqlPoolConnection | undefined
  const ownQuery = (sql: string, values: unknown, callback: Callback): void => {
    const go = (connection: MysqlPoolConnection): void => {
      own = connection
      connection.query(sql, values as unknown[], callback as never)
    }
    if (own) go(own)
    else owned.getConnection((error, connection) => (error ? callback(error) : go(connection)))
  }
  const query = (sql: string, values: unknown, callback: Callback): void => {
    const host = hostOf(bucket)
    const alone = () => ownQuery(sql, values, callback)
    if (own || !host || !isRead(sql)) alone()
    else put(host, { sql, values, bucket, callback, alone })
  }
  return { query, release: () => own?.release() } as unknown as MysqlPoolConnection
}

type Sending = { readonly map: BucketMap; readonly ownersIn: string }

/** Where one of the buckets has gone, each is asked for alone. */
async function sendReads(host: DatabaseHost, reads: readonly Read[], { map, ownersIn }: Sending): Promise<void> {
  try {
    const texts = reads.flatMap(({ sql, bucket }) => {
      const epoch = map.ownerOf(bucket)?.epoch ?? 0
      return [useBucket(bucket), sql, readGuard({ ownersIn, bucket, epoch })]
    })
    const packet = { text: texts.join('; '), position: 1, begins: false }
    const answers = await answersOf(host, packet, reads)
    for (const [index, { callback }] of reads.entries()) callback(undefined, answers[3 * index + 1])
  } catch (error) {
    if (wasRefused(error)) for (const { alone } of reads) alone()
    else for (const { callback } of reads) callback(error)
  }
}

async function answersOf(
  host: DatabaseHost,
  packet: Parameters<typeof sendPacket>[1],
  reads: readonly Read[],
): Promise<unknown[]> {
  const connection = await host.connect()
  try {
    const values = reads.flatMap((read) => read.values as unknown[])
    return (await sendPacket(connection, packet, { bucket: reads.at(-1)?.bucket ?? '', values })) as unknown[]
  } finally {
    connection.release()
  }
}
