/** Makes the buckets of a store ready: which shard has which is settled once, at the first start; later starts find it on the servers. */
import { readFile } from 'node:fs/promises'
import type { DatabaseAddress } from '../../../infra/stage/app-document.ts'
import { BUCKETS } from '../../../infra/stage/topology.ts'
import { type Database, databaseOn } from '../mysql/database.ts'
import { routedPool } from '../mysql/routed-pool.ts'
import { bucketNames } from '../process/buckets.ts'
import { damageIn, type Owners, ownersBy, type Said } from './owners.ts'
import {
  type BucketRow,
  type BucketsTables,
  createBucket,
  insertBuckets,
  replaceServers,
  runStatements,
  type ServerRow,
  selectBuckets,
  selectServers,
} from './queries.ts'
import { openShards, type ShardOptions } from './shards.ts'

type Place = { readonly name: string; readonly database: Database<BucketsTables> }
type Places = { readonly places: readonly Place[]; readonly schema: string }

/**
 * `tables` are the statements that each bucket's schema is made of; none where they are there, and a shard comes to the others. Throws
 * one line where what is known of the buckets cannot be.
 */
export async function makeBuckets(
  addresses: readonly DatabaseAddress[],
  tables: readonly string[],
  options: ShardOptions = {},
): Promise<void> {
  await onShards(addresses, options, async ({ places, schema }) => {
    const said = await known(places, schema)
    const owners = ownersOf(said, places)
    await Promise.all(places.map((place) => makeSchemas(place, owners, tables)))
    // Nobody owns a bucket before its tables are there.
    for (const place of places) if (said.get(place.name)?.length === 0) await writeMap(place, schema, owners)
    await writeServers(places, schema, addresses)
  })
}

/** From now on there are these servers and no others. Throws one line, and changes nothing, where one speaks of another. */
export async function forgetOthers(addresses: readonly DatabaseAddress[], options: ShardOptions = {}): Promise<void> {
  await onShards(addresses, options, async ({ places, schema }) => {
    await known(places, schema)
    await writeServers(places, schema, addresses)
  })
}

async function onShards(
  addresses: readonly DatabaseAddress[],
  options: ShardOptions,
  work: (places: Places) => Promise<void>,
): Promise<void> {
  const shards = openShards(addresses, options)
  try {
    await shards.heard()
    const places = [...shards.hosts].map(([name, shard]) => ({
      name,
      database: databaseOn<BucketsTables>(routedPool(() => [shard])),
    }))
    await work({ places, schema: addresses[0]?.database ?? '' })
  } finally {
    await shards.close()
  }
}

async function known(places: readonly Place[], schema: string): Promise<Said> {
  const tables = await readFile(new URL('schema.sql', import.meta.url), 'utf8')
  const names = places.map(({ name }) => name)
  const answers = places.map(async ({ name, database }) => {
    await runStatements(database, tables)
    const rows = await selectBuckets(database, schema)
    const damage = damageIn(rows, names)
    if (damage) throw new Error(`${name}: ${damage}; start with all servers that have buckets, or with --fresh`)
    return [name, rows] as const
  })
  return new Map(await Promise.all(answers))
}

/** As the servers say it; before the first start they say nothing, and get neighbouring buckets, as many each. */
function ownersOf(said: Said, places: readonly Place[]): Owners {
  if ([...said.values()].every((rows) => rows.length === 0)) return firstMap(places)
  const { owners, complaints } = ownersBy(said, new Map())
  const missing = bucketNames().find((bucket) => !owners.has(bucket))
  const [complaint = missing && `nobody has bucket ${missing}`] = complaints
  if (complaint) throw new Error(`the servers do not agree about the buckets: ${complaint}`)
  return owners
}

function firstMap(places: readonly Place[]): Owners {
  const serverOf = (index: number): string => places[Math.floor((index * places.length) / BUCKETS)]?.name ?? ''
  return new Map(bucketNames().map((bucket, index) => [bucket, { server: serverOf(index), epoch: 1 }]))
}

/** One packet a bucket: 64 times a dozen tables are too many round trips. */
async function makeSchemas({ name, database }: Place, owners: Owners, tables: readonly string[]): Promise<void> {
  if (tables.length === 0) return
  const own = [...owners].filter(([, { server }]) => server === name)
  for (const [bucket] of own) await runStatements(database, createBucket(bucket, tables))
}

async function writeMap({ name, database }: Place, schema: string, owners: Owners): Promise<void> {
  const stateOf = (server: string): BucketRow['state'] => (server === name ? 'owner' : 'elsewhere')
  const rows = [...owners].map(([bucket, { server, epoch }]) => ({ bucket, server, epoch, state: stateOf(server) }))
  await insertBuckets(database.withSchema(schema), rows)
}

async function writeServers(places: readonly Place[], schema: string, addresses: readonly DatabaseAddress[]): Promise<void> {
  const before = await Promise.all(places.map(({ database }) => selectServers(database, schema)))
  const version = 1 + Math.max(0, ...before.flat().map((row) => row.version))
  const rows: ServerRow[] = addresses.map(({ name, shard = name, host, port }) => ({ name, shard, host, port, version }))
  for (const { database } of places) await replaceServers(database.withSchema(schema), rows)
}
