/**
 * Log-outs that outlive what Redis remembers. A replica that is promoted may have missed the last deletions, and an append-only file
 * may be an old one: sessions that were ended would be back. So a log-out is written to MySQL first, and whatever Redis answers over
 * a new connection is checked against that until all that is written there has been deleted from this Redis, too. What is left open:
 * an app that is cut off together with the old primary may end a session there that the others go on with until it is back with them.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { withoutDeadline } from '../platform/http/deadline.ts'
import type { Database } from '../platform/mysql/database.ts'
import { allOf, type Store } from '../platform/mysql/store.ts'
import { logLine } from '../platform/process/log.ts'
import type { RedisClient } from '../platform/redis/client.ts'
import { KEYS } from '../platform/redis/keys.ts'
import type { UsersTables } from './queries.ts'
import { deleteEndedRevocations, insertRevoked, isRevoked, selectRevoked } from './queries.ts'
import { ownerOf } from './sessions.ts'

export type Revoked = { readonly tokenHash: Buffer; readonly endsAt: Date }

export interface Revocations {
  /** From here on the log-outs stand, whatever becomes of Redis. */
  write(sessions: readonly Revoked[]): Promise<void>
  /** To be called when Redis did not take what was written: it is not believed until it has. */
  syncAgain(): void
  /** To be asked before Redis is; what it answers tells afterwards whether the session that Redis knows has been revoked. */
  question(): (tokenHash: Buffer) => Promise<boolean>
}

/** `--set revocations=off`: what Redis says is all there is. */
export const NO_REVOCATIONS: Revocations = {
  write: async () => {},
  syncAgain: () => {},
  question: () => async () => false,
}

/** One connection to one Redis server, and whether that server has deleted all that was revoked. */
type Connection = { synced: boolean }

/** Each log-out sweeps out a few revocations that are over. */
const SWEPT_A_LOG_OUT = 10

type UsersStore = Pick<Store<UsersTables>, 'of' | 'each'>

export function databaseRevocations(redis: RedisClient, store: UsersStore): Revocations {
  let connection: Connection = { synced: false }
  const report = reporter()
  const opened = () => {
    connection = { synced: false }
    void sync(redis, store, { connection, current: () => connection, report })
  }
  // Both come before anything that the next connection answers.
  redis.on('close', () => (connection = { synced: false }))
  redis.on('ready', opened)
  if (redis.status === 'ready') opened()
  return {
    async write(sessions) {
      for (const [{ writes }, own] of Map.groupBy(sessions, ({ tokenHash }) => store.of(ownerOf(tokenHash)))) {
        const rows = own.map(({ tokenHash, endsAt }) => ({ token_hash: tokenHash, ends_at: endsAt }))
        await insertRevoked(writes, rows)
        await deleteEndedRevocations(writes, new Date(), SWEPT_A_LOG_OUT).catch(() => undefined)
      }
    },
    syncAgain: () => withoutDeadline(opened),
    question() {
      const asked = connection
      const { synced } = asked
      return async (tokenHash) =>
        synced && asked === connection ? false : isRevoked(store.of(ownerOf(tokenHash)).writes, tokenHash)
    },
  }
}

const REVOCATIONS_A_PAGE = 1_000
const RETRY_AFTER_MS = 500
/** Some 100,000 log-outs; what takes longer begins anew. */
const SYNCED_WITHIN_MS = 60_000

type Syncing = { readonly connection: Connection; current(): Connection; report(error: unknown): void }

/** Tries until it is done or the connection is gone: right after a failover the new primary may refuse writes for want of a replica. */
async function sync(redis: RedisClient, store: UsersStore, { connection, current, report }: Syncing): Promise<void> {
  while (connection === current() && !connection.synced) {
    try {
      allOf(await store.each(({ writes }, signal) => deleteRevoked(redis, writes, signal), { withinMs: SYNCED_WITHIN_MS }))
      connection.synced = true
      report(undefined)
    } catch (error) {
      report(error)
      await sleep(RETRY_AFTER_MS, undefined, { ref: false })
    }
  }
}

/** Once when it begins; `undefined` says that it is over. */
function reporter(): (error: unknown) => void {
  let reported = false
  return (error) => {
    if (error && !reported)
      logLine(40, `sessions are looked up in MySQL too, as Redis cannot be told of log-outs: ${(error as Error).message}`)
    reported = error !== undefined
  }
}

async function deleteRevoked(redis: RedisClient, db: Database<UsersTables>, signal: AbortSignal): Promise<void> {
  for (let after: Buffer | undefined = Buffer.alloc(0); after; ) {
    signal.throwIfAborted()
    const page = await selectRevoked(db, { now: new Date(), after, most: REVOCATIONS_A_PAGE })
    const keys = page.map(({ token_hash }) => KEYS.session(token_hash.toString('hex')))
    await Promise.all(keys.map((key) => redis.del(key)))
    after = page.length < REVOCATIONS_A_PAGE ? undefined : page.at(-1)?.token_hash
  }
}
