/** Who owns which bucket, by what the servers say. What they say may be old, damaged or contradictory: then what was known before counts. */
import { bucketNamed, bucketNames } from '../process/buckets.ts'
import { type BucketRow, type BucketState, bucketSchema } from './queries.ts'

export type Owner = { readonly server: string; readonly epoch: number }
/** By bucket. */
export type Owners = ReadonlyMap<string, Owner>
/** By server, its last answer. */
export type Said = ReadonlyMap<string, readonly BucketRow[]>

type Candidate = Owner & { readonly itself: boolean }

/** The newest epoch counts, and for it the word of the owner itself. What does not agree is a complaint of one line each. */
export function ownersBy(said: Said, before: Owners): { readonly owners: Owners; readonly complaints: readonly string[] } {
  const complaints: string[] = []
  const owners = new Map(before)
  for (const bucket of bucketNames()) {
    const candidates = [...said].flatMap(([server, rows]) => candidatesOf(server, rows, bucket))
    const found = chosen(candidates, before.get(bucket))
    if (typeof found === 'string') complaints.push(`${bucketSchema(bucket)}: ${found}`)
    else if (found) owners.set(bucket, found)
  }
  return { owners, complaints }
}

function candidatesOf(server: string, rows: readonly BucketRow[], bucket: string): Candidate[] {
  const row = rows.find((one) => one.bucket === bucket)
  if (!row) return []
  if (owns(row)) return [{ server, epoch: row.epoch, itself: true }]
  return POINTS.has(row.state) ? [{ server: row.server, epoch: row.epoch, itself: false }] : []
}

/** Whose server it is by its own word. */
export function owns({ state }: BucketRow): boolean {
  return OWNS.has(state)
}

const OWNS: ReadonlySet<BucketState> = new Set(['owner', 'fenced'])
const POINTS: ReadonlySet<BucketState> = new Set(['elsewhere', 'moved'])
/** Where a bucket is on its way to. */
export const COMES: readonly BucketState[] = ['copying', 'ready']

/** Or why nobody new is. */
function chosen(candidates: readonly Candidate[], before: Owner | undefined): Owner | string | undefined {
  const epoch = Math.max(...candidates.map((one) => one.epoch))
  const newest = candidates.filter((one) => one.epoch === epoch)
  const own = newest.filter(({ itself }) => itself)
  const [server, ...others] = new Set((own.length > 0 ? own : newest).map((one) => one.server))
  if (server === undefined) return undefined
  if (others.length > 0) return `${[server, ...others].join(' and ')} both are its owner as of epoch ${epoch}`
  if (!before || epoch > before.epoch || (epoch === before.epoch && server === before.server)) return { server, epoch }
  const older = epoch < before.epoch ? 'is older than' : 'contradicts'
  return `${server} as of epoch ${epoch} ${older} what was known: ${before.server} as of epoch ${before.epoch}`
}

/** What is wrong with a server's answer, in one line. */
export function damageIn(rows: readonly BucketRow[], servers: readonly string[]): string | undefined {
  for (const row of rows) {
    const damage = damageOf(row, servers)
    if (damage !== undefined) return `bucket "${row.bucket}" ${damage}`
  }
  return undefined
}

function damageOf({ bucket, state, epoch, server }: BucketRow, servers: readonly string[]): string | undefined {
  if (!/^\d\d$/.test(bucket) || bucketNamed(Number(bucket)) === undefined) return 'is none'
  if (![...OWNS, ...POINTS, ...COMES].includes(state)) return `is "${state}"`
  if (!Number.isInteger(epoch) || epoch < 1) return `has the epoch ${epoch}`
  return servers.includes(server) ? undefined : `is on "${server}", which is no server of this store`
}
