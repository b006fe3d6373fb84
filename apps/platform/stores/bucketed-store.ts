import type { MysqlPool } from 'kysely'
import type { DatabaseAddress } from '../../../infra/stage/app-document.ts'
import { ShopError } from '../http/errors.ts'
import { type Databases, databaseOn, oneDatabase } from '../mysql/database.ts'
import type { Answers, Ask, Limits, Spread, Store } from '../mysql/store.ts'
import { bucketNames, bucketOfEmail, bucketOfId } from '../process/buckets.ts'
import { inTime } from '../process/within.ts'
import { type BucketMap, bucketMap } from './bucket-map.ts'
import { gatheredReads } from './gathered-reads.ts'
import { ownedPool } from './owned-pool.ts'
import { openShards, type ShardOptions, type Shards } from './shards.ts'
import { bucketsHaving } from './signs.ts'

/** Customers' rows in buckets over servers: each owner's are in one bucket, and nobody but this store knows on which server that is. */
export async function bucketedStore<Tables>(
  name: string,
  servers: readonly DatabaseAddress[],
  options: ShardOptions = {},
): Promise<Store<Tables>> {
  const shards = openShards(servers, options)
  const { hosts } = shards
  const ownersIn = servers[0]?.database ?? ''
  const map = bucketMap(shards.questions)
  const places = placesOn<Tables>((bucket) => ownedPool({ bucket, map, hosts, ownersIn }))
  const gathered = placesOn<Tables>(gatheredReads({ map, hosts, ownersIn }))
  await shards.heard()
  await map.askAll()
  return {
    name,
    of: (owner) => places.get(bucketOf(owner)) ?? noBucket(owner),
    each: (ask, { withinMs, having }) => {
      const chosen = async (server: string, places: Places<Tables>): Promise<Places<Tables>> => {
        const host = hosts.get(server)
        const buckets =
          host && having && (await bucketsHaving(host, { map, ownersIn, buckets: [...places.keys()], signs: having }))
        return buckets ? new Map([...places].filter(([bucket]) => buckets.has(bucket))) : places
      }
      return askEach(placesByServer(gathered, map), { ask, chosen, withinMs })
    },
    whole() {
      throw new Error(`${name} is many buckets: no place has all rows`)
    },
    isWritable: () => [...places.keys()].every((bucket) => map.ownerOf(bucket) !== undefined),
    spread: spreadOf(shards, map),
    close: shards.close,
  }
}

function spreadOf({ hosts }: Shards, map: BucketMap): Spread {
  return {
    async servers() {
      await map.askAll()
      return [...hosts.values()].flatMap(({ servers }) => servers)
    },
    async writers() {
      await map.askAll()
      // Who is not known to take writes is asked all the same, as others speak of it.
      return [...hosts].flatMap(([name, { servers, writer }]) => {
        const server = writer() ?? servers[0]
        return server ? [{ ...server, name }] : []
      })
    },
  }
}

/** By bucket. */
type Places<Tables> = ReadonlyMap<string, Databases<Tables>>

function placesOn<Tables>(poolOf: (bucket: string) => MysqlPool): Places<Tables> {
  return new Map(bucketNames().map((bucket) => [bucket, oneDatabase(databaseOn<Tables>(poolOf(bucket)))]))
}

/** An e-mail address, an id that ends with its bucket, or the bucket itself. */
function bucketOf(owner: string): string {
  return owner.includes('@') ? bucketOfEmail(owner) : (bucketOfId(owner) ?? '')
}

/** What nobody of ours has made an id for is not there. */
function noBucket(owner: string): never {
  throw new ShopError('NOT_FOUND', `"${owner}" belongs to no bucket that exists`)
}

/** Buckets that nobody is known to own stand by themselves. */
function placesByServer<Tables>(places: Places<Tables>, map: BucketMap): Map<string, Places<Tables>> {
  const byServer = Map.groupBy(places, ([bucket]) => map.ownerOf(bucket)?.server ?? `the owner of bucket ${bucket}`)
  return new Map([...byServer].map(([server, entries]) => [server, new Map(entries)]))
}

type Asking<Tables, Value> = Pick<Limits, 'withinMs'> & {
  readonly ask: Ask<Tables, Value>
  chosen(server: string, places: Places<Tables>): Promise<Places<Tables>>
}

/** All buckets at once: what reads them goes to each server together, and a server that does not answer in time is missing as a whole. */
async function askEach<Tables, Value>(
  byServer: ReadonlyMap<string, Places<Tables>>,
  { ask, chosen, withinMs }: Asking<Tables, Value>,
): Promise<Answers<Value>> {
  const parts = await Promise.all(
    [...byServer].map(async ([name, places]): Promise<Answers<Value>> => {
      const answers = async (signal: AbortSignal) => {
        const asked = await chosen(name, places)
        return Promise.all([...asked.values()].map((place) => ask(place, signal)))
      }
      try {
        return { values: await inTime(withinMs, answers), missing: [] }
      } catch (reason) {
        return { values: [], missing: [{ name, reason }] }
      }
    }),
  )
  return { values: parts.flatMap(({ values }) => values), missing: parts.flatMap(({ missing }) => missing) }
}
