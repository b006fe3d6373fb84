import { recentlyUsed } from '../platform/process/recently-used.ts'
import type { User } from './schemas.ts'
import { IDLE_MS, LIFETIME_MS, type Sessions } from './sessions.ts'

/** Sessions beyond this number push the least recently used ones out. */
const MOST_SESSIONS = 100_000

type Session = { readonly user: User; idleEndsAt: number; readonly endsAt: number }

/** Sessions in this process's memory: no query a request, gone with the process, unknown to other copies of the app. */
export function memorySessions(): Sessions {
  const sessions = recentlyUsed<Session>(MOST_SESSIONS)
  return {
    async create(tokenHash, user) {
      const now = performance.now()
      sessions.set(tokenHash.toString('base64'), { user, idleEndsAt: now + IDLE_MS, endsAt: now + LIFETIME_MS })
    },
    async find(tokenHash) {
      const session = sessions.get(tokenHash.toString('base64'))
      const now = performance.now()
      if (!session || session.idleEndsAt <= now || session.endsAt <= now) return undefined
      session.idleEndsAt = now + IDLE_MS
      return session.user
    },
    async end(tokenHash) {
      sessions.delete(tokenHash.toString('base64'))
    },
    async endAll(userId) {
      for (const [key, session] of [...sessions.entries()]) if (session.user.id === userId) sessions.delete(key)
    },
  }
}
