import type { PoolConnection } from 'mysql2'
import { codeOf } from '../mysql/transactions.ts'
import { type Packet, packetOf } from './packets.ts'
import { type Claim, isRefusal } from './queries.ts'

/** At which bucket's schema a connection is; it may be lent for any of its server's. */
const schemas = new WeakMap<PoolConnection, string>()

type Asked = { readonly claim: Claim; readonly inTransaction: boolean; readonly values: unknown }

/** The answer to one statement on a bucket. Throws what `wasRefused` knows where the server does not own it, and then nothing was done. */
export async function askGuarded(
  connection: PoolConnection,
  sql: string,
  { claim, inTransaction, values }: Asked,
): Promise<unknown> {
  const packet = packetOf(sql, claim, { inTransaction, isThere: schemas.get(connection) === claim.bucket })
  const answer = await sendPacket(connection, packet, { bucket: claim.bucket, values })
  return packet.position === undefined ? answer : (answer as readonly unknown[])[packet.position]
}

/** `bucket` is the one at which it leaves the connection. */
export async function sendPacket(
  connection: PoolConnection,
  { text, position, begins }: Packet,
  { bucket, values }: { readonly bucket: string; readonly values: unknown },
): Promise<unknown> {
  try {
    const answer = await sent(connection, text, values)
    if (position !== undefined) schemas.set(connection, bucket)
    return answer
  } catch (error) {
    schemas.delete(connection)
    // Nobody knows how far it came; the next who gets the connection must find it empty.
    if (begins) await sent(connection, 'rollback', []).catch(() => connection.destroy())
    throw error
  }
}

function sent(connection: PoolConnection, text: string, values: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    connection.query(text, values as unknown[], (error: unknown, answer: unknown) => (error ? reject(error) : resolve(answer)))
  })
}

/** A bucket that has gone is dropped some time: then there is not even its schema. */
export function wasRefused(error: unknown): error is Error {
  return error instanceof Error && (isRefusal(error.message) || GONE.has(codeOf(error)))
}

const GONE = new Set(['ER_BAD_DB_ERROR', 'ER_NO_SUCH_TABLE'])
