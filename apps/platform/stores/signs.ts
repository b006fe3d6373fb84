import { databaseOn } from '../mysql/database.ts'
import type { DatabaseHost } from '../mysql/host.ts'
import { routedPool } from '../mysql/routed-pool.ts'
import type { Sign } from '../mysql/store.ts'
import type { BucketMap } from './bucket-map.ts'
import { wasRefused } from './guarded-query.ts'
import { selectHaving } from './queries.ts'

type Asked = {
  readonly map: BucketMap
  readonly ownersIn: string
  /** The server's, by the map. */
  readonly buckets: readonly string[]
  readonly signs: readonly Sign[]
}

/**
 * Which of its buckets have a row by one of the signs, asked of a server in one statement, however many buckets it has. Undefined where one
 * of them has gone: who asks each of them then finds it.
 */
export async function bucketsHaving(
  host: DatabaseHost,
  { map, ownersIn, buckets, signs }: Asked,
): Promise<Set<string> | undefined> {
  const claims = buckets.map((bucket) => ({ ownersIn, bucket, epoch: map.ownerOf(bucket)?.epoch ?? 0 }))
  try {
    const { having, owned } = await selectHaving(databaseOn(routedPool(() => [host])), claims, signs)
    return owned === claims.length ? new Set(having) : undefined
  } catch (error) {
    if (wasRefused(error)) return undefined
    throw error
  }
}
