/**
 * Log-outs that outlive what Redis remembers. A replica that is promoted may have missed the last deletions, and an append-only file
 * may be an old one: sessions that were ended would be back. So a log-out is written to MySQL first, and whatever Redis answers over
 * a new connection is checked against that until all that is written there has been deleted from this Redis, too. Of a Cluster each
 * server is believed by itself, and one that was given another's keys only if that other was believed. What is left open: an app that is cut off together with the old primary may end a session there that the others go on with until it is back with them.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { withoutDeadline } from '../platform/http/deadline.ts'
import type { Store } from '../platform/mysql/store.ts'
import { logLine } from '../platform/process/log.ts'
import type { RedisClient, RedisServer } from '../platform/redis/client.ts'
import { KEYS } from '../platform/redis/keys.ts'
import { eachServer } from '../platform/redis/servers.ts'
import type { UsersTables } from './queries.ts'
import { type Revoked, type RevokedSessions, storedRevocations } from './revoked-sessions.ts'

export interface Revocations {
  /** From here on the log-outs stand, whatever becomes of Redis. */
  write(sessions: readonly Revoked[]): Promise<void>
  /** To be called when Redis did not take what was written: it is not believed until it has. */
  syncAgain(): void
  /** To be asked before Redis is; what it answers tells afterwards whether the session that Redis knows has been revoked. */
  question(tokenHash: Buffer): () => Promise<boolean>
}

/** `--set revocations=off`: what Redis says is all there is. */
export const NO_REVOCATIONS: Revocations = {
  write: async () => {},
  syncAgain: () => {},
  question: () => async () => false,
}

/** One connection to one Redis server, and whether that server has deleted all that was revoked. */
type Connection = { synced: boolean }

export function databaseRevocations(redis: RedisClient, store: Pick<Store<UsersTables>, 'of' | 'each'>): Revocations {
  return checkedRevocations(redis, storedRevocations(store))
}

/** Wherever the log-outs are kept. */
export function checkedRevocations(redis: RedisClient, revoked: RevokedSessions): Revocations {
  const connections = new WeakMap<RedisServer, Connection>()
  const report = reporter()
  const connectionFor = (server: RedisServer | undefined) => (server ? connections.get(server) : undefined)
  const lost = (server: RedisServer) => void connections.set(server, { synced: false })
  const opened = (server: RedisServer) => {
    const connection = { synced: false }
    connections.set(server, connection)
    const isCurrent = () => connections.get(server) === connection
    void sync(redis, revoked, { server, connection, isCurrent, report })
  }
  eachServer(redis, (server) => {
    // Both come before anything that the next connection answers.
    server.on('close', () => lost(server))
    server.on('ready', () => opened(server))
    if (server.status === 'ready') opened(server)
    else lost(server)
  })
  redis.on('moved', (to, from) => {
    if (!connectionFor(from)?.synced && to.status === 'ready') opened(to)
  })
  return {
    write: (sessions) => revoked.write(sessions),
    syncAgain: () =>
      withoutDeadline(() => {
        for (const server of redis.servers()) opened(server)
      }),
    question(tokenHash) {
      const key = keyOf(tokenHash)
      const asked = connectionFor(redis.serverOf(key))
      const wasSynced = asked?.synced
      return async () => {
        const isBelieved = wasSynced && asked === connectionFor(redis.serverOf(key))
        return isBelieved ? false : revoked.has(tokenHash)
      }
    },
  }
}

const RETRY_AFTER_MS = 500

type Syncing = {
  readonly server: RedisServer
  readonly connection: Connection
  isCurrent(): boolean
  report(error: unknown): void
}

/** Tries until it is done or the connection is gone: right after a failover the new primary may refuse writes for want of a replica. */
async function sync(
  redis: RedisClient,
  revoked: RevokedSessions,
  { server, connection, isCurrent, report }: Syncing,
): Promise<void> {
  // Of a slot on its way two servers may have the key.
  const isThere = (key: string) => (redis.serverOf(key) ?? server) === server
  while (isCurrent() && !connection.synced) {
    try {
      await revoked.all(async (hashes) => {
        await Promise.all(
          hashes
            .map(keyOf)
            .filter(isThere)
            .map((key) => redis.del(key)),
        )
      })
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

function keyOf(tokenHash: Buffer): string {
  return KEYS.session(tokenHash.toString('hex'))
}
