/** Makes the buckets of a store ready: which server has which is settled once, at the first start; later starts find it on the servers. */
import { readFile } from 'node:fs/promises'
import type { DatabaseAddress } from '../../../infra/stage/app-document.ts'
import { BUCKETS } from '../../../infra/stage/topology.ts'
import { databaseObserver } from '../http/metrics.ts'
import { type Database, databaseOn } from '../mysql/database.ts'
import { connectionPool } from '../mysql/pool.ts'
import { bucketNames } from '../process/buckets.ts'
import { damageIn, type Owners, ownersBy, type Said } from './owners.ts'
import { type BucketRow, type BucketsTables, createBucket, insertBuckets, runStatements, selectBuckets } from './queries.ts'

type Server = { readonly address: DatabaseAddress; readonly database: Database<BucketsTables> }

/** `tables` are the statements that each bucket's schema is made of. Throws one line where what is known of the buckets cannot be. */
export async function makeBuckets(addresses: readonly DatabaseAddress[], tables: readonly string[]): Promise<void> {
  const servers = addresses.map(connect)
  try {
    const said = await known(servers)
    const owners = ownersOf(said, addresses)
    await Promise.all(servers.map((server) => makeSchemas(server, owners, tables)))
    // Nobody owns a bucket before its tables are there.
    for (const server of servers) if (said.get(server.address.name)?.length === 0) await writeMap(server, owners)
  } finally {
    await Promise.all(servers.map(({ database }) => database.destroy()))
  }
}

function connect(address: DatabaseAddress): Server {
  const pool = connectionPool(address, databaseObserver(address.name), { takesPackets: true })
  return { address, database: databaseOn<BucketsTables>(pool) }
}

async function known(servers: readonly Server[]): Promise<Said> {
  const schema = await readFile(new URL('schema.sql', import.meta.url), 'utf8')
  const names = servers.map(({ address }) => address.name)
  const answers = servers.map(async ({ address, database }) => {
    await runStatements(database, schema)
    const rows = await selectBuckets(database, address.database)
    const damage = damageIn(rows, names)
    if (damage) throw new Error(`${address.name}: ${damage}; start with all servers that have buckets, or with --fresh`)
    return [address.name, rows] as const
  })
  return new Map(await Promise.all(answers))
}

/** As the servers say it; before the first start they say nothing, and get neighbouring buckets, as many each. */
function ownersOf(said: Said, addresses: readonly DatabaseAddress[]): Owners {
  if ([...said.values()].every((rows) => rows.length === 0)) return firstMap(addresses)
  const { owners, complaints } = ownersBy(said, new Map())
  const missing = bucketNames().find((bucket) => !owners.has(bucket))
  const [complaint = missing && `nobody has bucket ${missing}`] = complaints
  if (complaint) throw new Error(`the servers do not agree about the buckets: ${complaint}`)
  return owners
}

function firstMap(addresses: readonly DatabaseAddress[]): Owners {
  const serverOf = (index: number): string => addresses[Math.floor((index * addresses.length) / BUCKETS)]?.name ?? ''
  return new Map(bucketNames().map((bucket, index) => [bucket, { server: serverOf(index), epoch: 1 }]))
}

/** One packet a bucket: 64 times a dozen tables are too many round trips. */
async function makeSchemas({ address, database }: Server, owners: Owners, tables: readonly string[]): Promise<void> {
  const own = [...owners].filter(([, { server }]) => server === address.name)
  for (const [bucket] of own) await runStatements(database, createBucket(bucket, tables))
}

async function writeMap({ address, database }: Server, owners: Owners): Promise<void> {
  const stateOf = (server: string): BucketRow['state'] => (server === address.name ? 'owner' : 'elsewhere')
  const rows = [...owners].map(([bucket, { server, epoch }]) => ({ bucket, server, epoch, state: stateOf(server) }))
  await insertBuckets(database.withSchema(address.database), rows)
}
