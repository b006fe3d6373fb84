/**
 * Which server has which bucket, as far as this process has heard. It is a hint: a server that does not own a bucket refuses what is
 * asked of it, and is then asked what it knows. What a server said last is remembered while it is away.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { logLine } from '../process/log.ts'
import { inTime } from '../process/within.ts'
import { damageIn, type Owner, type Owners, ownersBy } from './owners.ts'
import type { BucketRow } from './queries.ts'

export type BucketMap = {
  /** Undefined where nobody is known to own it. */
  ownerOf(bucket: string): Owner | undefined
  /** Asks one server what it knows now. Throws where it does not say. */
  ask(server: string): Promise<void>
  /**
   * Asks all of them, after this call and not more often than a few times a second: so it may wait for its turn, with all who come
   * meanwhile. Who does not answer is passed over.
   */
  askAll(): Promise<void>
}

const ASK_MS = 1_000
const ASK_ALL_EVERY_MS = 250

/** `servers` by name: how each is asked; there may be more or fewer by and by. `tell` hears of what does not agree, once. */
export function bucketMap(
  servers: ReadonlyMap<string, () => Promise<BucketRow[]>>,
  tell: (complaint: string) => void = (complaint) => logLine(40, complaint),
): BucketMap {
  const said = new Map<string, readonly BucketRow[]>()
  const asking = new Map<string, Promise<void>>()
  const complain = complainer(tell)
  let owners: Owners = new Map()
  let allAskedAt = Number.NEGATIVE_INFINITY
  let nextAsking: Promise<void> | undefined
  const hear = async (server: string): Promise<void> => {
    const rows = servers.get(server)
    if (!rows) throw new Error(`the store has no server ${server}`)
    const answer = await inTime(ASK_MS, rows)
    const damage = damageIn(answer, [...servers.keys()])
    if (!damage) said.set(server, answer)
    complain(server, damage ? [`${server}: ${damage}`] : [])
  }
  const heard = (server: string): Promise<void> => {
    const running = asking.get(server) ?? hear(server).finally(() => asking.delete(server))
    asking.set(server, running)
    return running
  }
  /** Those too of which the others speak. */
  const hearAll = async (before: ReadonlySet<string>): Promise<void> => {
    const more = [...servers.keys()].filter((server) => !before.has(server))
    if (more.length === 0) return
    await Promise.allSettled(more.map(heard))
    await hearAll(new Set([...before, ...more]))
  }
  const adopt = (): void => {
    for (const server of said.keys()) if (!servers.has(server)) said.delete(server)
    const found = ownersBy(said, owners)
    owners = found.owners
    complain('all', found.complaints)
  }
  const askAllInTurn = async (): Promise<void> => {
    const waitMs = allAskedAt + ASK_ALL_EVERY_MS - performance.now()
    await (waitMs > 0 ? sleep(waitMs) : undefined)
    nextAsking = undefined
    allAskedAt = performance.now()
    // All are heard before any is believed: of two that contradict each other the first is no better.
    await hearAll(new Set())
    adopt()
  }
  return {
    ownerOf: (bucket) => owners.get(bucket),
    ask: (server) => heard(server).then(adopt),
    askAll() {
      nextAsking ??= askAllInTurn()
      return nextAsking
    },
  }
}

/** Once, when it begins; each line of a subject's own. */
function complainer(tell: (complaint: string) => void): (about: string, complaints: readonly string[]) => void {
  const told = new Map<string, ReadonlySet<string>>()
  return (about, complaints) => {
    const before = told.get(about)
    told.set(about, new Set(complaints))
    for (const complaint of complaints) if (!before?.has(complaint)) tell(`the map of the buckets stays as it was: ${complaint}`)
  }
}
