import type { Store } from '../platform/mysql/store.ts'
import type { UsersTables } from './queries.ts'
import {
  deleteExpiredSessions,
  deleteSession,
  deleteSessionsOfUser,
  extendSession,
  insertSession,
  selectSession,
} from './queries.ts'
import { IDLE_MS, LIFETIME_MS, ownerOf, PROLONG_EVERY_MS, type Sessions } from './sessions.ts'

/** Each log-in sweeps out a few sessions that are over, so that the table needs no job of its own. */
const SWEPT_A_LOG_IN = 10

/** Sessions in the database: every copy of the app sees them and they outlive it, at one query a request. */
export function databaseSessions(store: Pick<Store<UsersTables>, 'of'>): Sessions {
  const at = (tokenHash: Buffer) => store.of(ownerOf(tokenHash)).writes
  return {
    async create(tokenHash, user) {
      const now = Date.now()
      const writes = at(tokenHash)
      const times = { expires_at: new Date(now + IDLE_MS), ends_at: new Date(now + LIFETIME_MS) }
      await insertSession(writes, { token_hash: tokenHash, user_id: user.id, ...times })
      // Two sweeps may deadlock; the next log-in sweeps again, so this one need not fail for it.
      await deleteExpiredSessions(writes, new Date(now), SWEPT_A_LOG_IN).catch(() => undefined)
    },
    async find(tokenHash) {
      const found = await selectSession(at(tokenHash), tokenHash)
      const now = Date.now()
      if (!found || found.expires_at.getTime() <= now || found.ends_at.getTime() <= now) return undefined
      const prolonged = Math.min(now + IDLE_MS, found.ends_at.getTime())
      if (prolonged - found.expires_at.getTime() > PROLONG_EVERY_MS)
        await extendSession(at(tokenHash), tokenHash, new Date(prolonged))
      const { id, email, name, role } = found
      return { id, email, name, role }
    },
    end: (tokenHash) => deleteSession(at(tokenHash), tokenHash),
    endAll: (userId) => deleteSessionsOfUser(store.of(userId).writes, userId),
  }
}
