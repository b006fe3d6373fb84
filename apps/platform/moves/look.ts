import type { DatabaseAddress } from '../../../infra/stage/app-document.ts'
import { connectDatabase } from '../mysql/database.ts'
import { inTime } from '../process/within.ts'
import { COMES, damageIn, type Owner, ownersBy } from '../stores/owners.ts'
import { type BucketRow, type BucketsTables, bucketSchema, selectBuckets } from '../stores/queries.ts'

const ANSWER_WITHIN_MS = 5_000

/** What the servers say of one bucket now, as far as they answer. */
export type Look = {
  readonly owner: Owner
  /** By server. */
  readonly rows: ReadonlyMap<string, BucketRow>
  /** By server: who does not answer. */
  readonly silent: ReadonlyMap<string, Error>
  /** Where a copy is made, for a move that has not been switched. */
  readonly comesTo: readonly string[]
  /** Where it came from, as long as it can go back. */
  readonly wayBack: string | undefined
}

/** Throws one line where nobody is known to have the bucket. */
export async function lookAt(servers: readonly DatabaseAddress[], bucket: string): Promise<Look> {
  return lookOf(await heardOf(servers), bucket)
}

/** What the servers say, of all buckets. */
export type Heard = {
  readonly said: ReadonlyMap<string, readonly BucketRow[]>
  readonly silent: ReadonlyMap<string, Error>
}

/** Throws one line where what one says cannot be. */
export async function heardOf(servers: readonly DatabaseAddress[]): Promise<Heard> {
  const answers = await Promise.all(servers.map(async (one) => [one.name, await rowsOf(one).catch(asError)] as const))
  const said = answers.flatMap(([name, rows]) => (rows instanceof Error ? [] : [[name, rows] as const]))
  const silent = answers.flatMap(([name, rows]) => (rows instanceof Error ? [[name, rows] as const] : []))
  const names = servers.map(({ name }) => name)
  for (const [name, rows] of said) {
    const damage = damageIn(rows, names)
    if (damage) throw new Error(`${name}: ${damage}`)
  }
  return { said: new Map(said), silent: new Map(silent) }
}

export function lookOf({ said, silent }: Heard, bucket: string): Look {
  const owner = ownerIn(said, bucket)
  const own = [...said].flatMap(([name, rows]) => rows.filter((row) => row.bucket === bucket).map((row) => [name, row] as const))
  const comesTo = own.filter(([, { state, epoch }]) => COMES.includes(state) && epoch === owner.epoch + 1)
  const isWayBack = ({ state, epoch, server }: BucketRow) => state === 'moved' && epoch === owner.epoch && server === owner.server
  const wayBack = own.find(([, row]) => isWayBack(row))?.[0]
  return { owner, rows: new Map(own), silent, comesTo: comesTo.map(([name]) => name), wayBack }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

async function rowsOf(address: DatabaseAddress): Promise<BucketRow[]> {
  const database = connectDatabase<BucketsTables>(address)
  try {
    return await inTime(ANSWER_WITHIN_MS, () => selectBuckets(database, address.database))
  } finally {
    await database.destroy()
  }
}

function ownerIn(said: Heard['said'], bucket: string): Owner {
  const { owners, complaints } = ownersBy(said, new Map())
  const complaint = complaints.find((line) => line.startsWith(`${bucketSchema(bucket)}:`))
  const owner = owners.get(bucket)
  if (complaint || !owner) throw new Error(complaint ?? `nobody is known to have ${bucketSchema(bucket)}`)
  return owner
}
