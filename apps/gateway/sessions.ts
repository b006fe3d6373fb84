import type { Settings } from '../../infra/stage/settings.ts'
import type { RemotePlace } from '../platform/calls/remote.ts'
import type { RedisClient } from '../platform/redis/client.ts'
import { type Visitors, visitorsBySession } from '../users/authentication.ts'
import { revokedSessionsClient } from '../users/client.ts'
import { redisSessions } from '../users/redis-sessions.ts'
import { checkedRevocations, NO_REVOCATIONS } from '../users/revocations.ts'
import { hashToken, isToken } from '../users/sessions.ts'

/** Reads sessions as users writes them. Of each new connection to Redis it asks users first which of them were ended. */
export function doorSessions(state: RedisClient, users: RemotePlace, { revocations }: Settings): Visitors {
  const checked = revocations === 'on' ? checkedRevocations(state, revokedSessionsClient(users)) : NO_REVOCATIONS
  const sessions = redisSessions(state, checked)
  return visitorsBySession({ findBySession: async (token) => (isToken(token) ? sessions.find(hashToken(token)) : undefined) })
}
