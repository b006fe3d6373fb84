import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { ShopError } from '../platform/http/errors.ts'
import type { Limit } from '../platform/http/standing.ts'
import { type Limiter, memoryLimiter } from '../platform/limits/limits.ts'
import { bucketNamed } from '../platform/process/buckets.ts'
import type { RedisClient } from '../platform/redis/client.ts'
import { isWrongType, noteCorruptValue } from '../platform/redis/corrupt-value.ts'
import { KEYS } from '../platform/redis/keys.ts'
import { isRedisDown } from '../platform/redis/redis-down.ts'
import { redisScript } from '../platform/redis/script.ts'
import type { Revocations } from './revocations.ts'
import type { Revoked } from './revoked-sessions.ts'
import { User } from './schemas.ts'
import { IDLE_MS, LIFETIME_MS, PROLONG_EVERY_MS, type Sessions } from './sessions.ts'

/** Who begins more is logged out where they logged in first: so much is written and deleted at once when they log out everywhere. */
const MOST_OF_A_USER = 1_000

/** Log-outs of an app while Redis is away; each is a row for as long as a session lives. */
export const UNASKED: Limit = { name: 'log-outs', most: 1_000, windowMs: 60_000 }

/**
 * The value under a session's key; the key's own time to live is the idle time. It is one string and no hash, because a string can be
 * written only where it still exists (SET XX): a session that is prolonged while it is ended stays ended. Times are in milliseconds since 1970.
 */
const Stored = Type.Object({ user: User, endsAt: Type.Integer(), prolongAt: Type.Integer() })
type Stored = Static<typeof Stored>
const stored = Compile(Stored)

/**
 * Sessions in Redis: every copy of the app sees them, and a check is one round trip that only reads, so that it goes on while Redis
 * refuses writes. A Redis that is lost costs the last second of log-ins, or all sessions: people log in again.
 * Throws UNAVAILABLE where Redis does not answer. The user is as at log-in, so a change of role counts from the next log-in on.
 *
 * A session and the set of its user's sessions are two keys, in a Cluster on two servers, so nothing does both in one step. The rule is
 * that no session whose token somebody has is missing in the set, or "log out everywhere" would pass it over:
 * – A log-in writes both before anybody has the token. Where it ends half-way there is a session that nobody can use, or a hash in the
 *   set without a session. The set comes first, so that a replica which takes over with what it has of one server has no session that
 *   it has not listed; and again last, as a log-out everywhere in between may have taken the hash out for a session that was not there yet.
 * – A log-out is a row in MySQL, then deletes the sessions, and takes them out of the set when all of them are gone. Where it ends
 *   half-way nobody was told that it is done; all that lives is still listed, and the same log-out again does the rest.
 */
export function redisSessions(redis: RedisClient, revocations: Revocations): Sessions {
  const unasked = memoryLimiter(UNASKED)
  const enter = redisScript<[replaced: 0 | 1, ...crowdedOut: string[]]>(redis, ENTER)
  const end = async (userId: string, hashes: readonly Buffer[]): Promise<void> => {
    await reach(endSome(redis, userId, hashes)).catch((error) => {
      revocations.syncAgain()
      throw error
    })
  }
  return {
    async create(tokenHash, user) {
      const now = Date.now()
      const endsAt = now + LIFETIME_MS
      const value = JSON.stringify({ user, endsAt, prolongAt: now + PROLONG_EVERY_MS } satisfies Stored)
      const enterOne = () => enter(KEYS.sessionsOfUser(user.id), [inHex(tokenHash), now, endsAt, LIFETIME_MS, MOST_OF_A_USER])
      const entering = enterOne()
      const beginning = redis.set(sessionKey(tokenHash), value, 'PX', IDLE_MS)
      const [[replaced, ...crowdedOut]] = await reach(Promise.all([entering, beginning]))
      await reach(enterOne())
      if (replaced) noteCorruptValue('state', KEYS.sessionsOfUser(user.id))
      if (crowdedOut.length > 0) await end(user.id, crowdedOut.map(fromHex))
    },
    async find(tokenHash) {
      const isRevoked = revocations.question(tokenHash)
      const session = await read(redis, tokenHash)
      if (!session || (await isRevoked())) return undefined
      if (session.prolongAt <= Date.now()) await prolong(redis, tokenHash, session)
      return session.user
    },
    async end(tokenHash) {
      const session = await readToEnd(redis, tokenHash, revocations, unasked)
      if (!session) return
      await revocations.write([{ tokenHash, endsAt: new Date(session.endsAt) }])
      await end(session.user.id, [tokenHash])
    },
    async endAll(userId) {
      const sessions = await sessionsOf(redis, userId)
      if (sessions.length === 0) return
      await revocations.write(sessions)
      await end(
        userId,
        sessions.map(({ tokenHash }) => tokenHash),
      )
    },
  }
}

/**
 * The user's sessions are a sorted set of hashes by the time at which they end at the latest. Answers those that are too many, and
 * before them whether something else was in the set's place: sessions from before cannot be ended all at once any more.
 */
const ENTER = `
local replaced = 0
if type(redis.pcall('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])) == 'table' then
  redis.call('DEL', KEYS[1])
  replaced = 1
end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {replaced, unpack(redis.call('ZRANGE', KEYS[1], 0, -1 - ARGV[5]))}`

/** Sessions first, then their places in the set, as is said above. What is gone already may be ended again; what is no set lists none. */
async function endSome(redis: RedisClient, userId: string, hashes: readonly Buffer[]): Promise<void> {
  await Promise.all(hashes.map((hash) => redis.del(sessionKey(hash))))
  await redis.zrem(KEYS.sessionsOfUser(userId), hashes.map(inHex)).catch(wrongType)
}

/** What is under the key where that is a session that is not over. Anything else there is no session, and worth a look. */
async function read(redis: RedisClient, tokenHash: Buffer): Promise<Stored | undefined> {
  const text = await reach(redis.get(sessionKey(tokenHash)).catch(wrongType))
  if (text === null) return undefined
  const session = parse(text)
  if (!session) noteCorruptValue('state', sessionKey(tokenHash))
  return session && session.endsAt > Date.now() ? session : undefined
}

/** Its text is no JSON, so that it is reported as what it is. */
function wrongType(error: Error): string {
  if (isWrongType(error)) return ''
  throw error
}

function parse(text: string): Stored | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return stored.Check(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** A session in use is written once a minute; where that fails it can be tried with the next request. */
async function prolong(redis: RedisClient, tokenHash: Buffer, session: Stored): Promise<void> {
  const now = Date.now()
  const value = JSON.stringify({ ...session, prolongAt: now + PROLONG_EVERY_MS } satisfies Stored)
  const idleMs = Math.min(IDLE_MS, session.endsAt - now)
  await redis.set(sessionKey(tokenHash), value, 'PX', idleMs, 'XX').catch(() => undefined)
}

/**
 * The log-out stands even where Redis cannot be asked whether there is such a session. A token that Redis does not know is not
 * written down, and while it cannot be asked only so many are: anybody could fill the table with them.
 */
async function readToEnd(
  redis: RedisClient,
  tokenHash: Buffer,
  revocations: Revocations,
  unasked: Limiter,
): Promise<Stored | undefined> {
  try {
    return await read(redis, tokenHash)
  } catch (error) {
    await unasked.take('')
    await revocations.write([{ tokenHash, endsAt: new Date(Date.now() + LIFETIME_MS) }])
    throw error
  }
}

function reach<Value>(answer: Promise<Value>): Promise<Value> {
  return answer.catch((cause) => {
    throw isRedisDown(cause) ? new ShopError('UNAVAILABLE', 'sessions cannot be reached now', { cause, retryAfterS: 1 }) : cause
  })
}

function sessionKey(tokenHash: Buffer): string {
  return KEYS.session(inHex(tokenHash))
}

function inHex(hash: Buffer): string {
  return hash.toString('hex')
}

function fromHex(text: string): Buffer {
  return Buffer.from(text, 'hex')
}

const HASH = /^[0-9a-f]{64}$/

/** Of a token of ours: it begins with a bucket. */
function isHash(text: string): boolean {
  return HASH.test(text) && bucketNamed(Number.parseInt(text.slice(0, 2), 16)) !== undefined
}

/** Throws UNAVAILABLE where nobody can say which they are: then it may not be said that they have been ended. */
async function sessionsOf(redis: RedisClient, userId: string): Promise<Revoked[]> {
  const key = KEYS.sessionsOfUser(userId)
  const flat = await reach(redis.zrange(key, 0, -1, 'WITHSCORES').catch(wrongSet))
  const found = Array.from({ length: flat.length / 2 }, (_, index) => ({ hash: flat[2 * index], endsAt: flat[2 * index + 1] }))
  const sessions = found.flatMap(({ hash = '', endsAt }) => {
    return isHash(hash) ? [{ tokenHash: fromHex(hash), endsAt: new Date(Number(endsAt)) }] : []
  })
  if (sessions.length < found.length) noteCorruptValue('state', key)
  return sessions

  function wrongSet(error: Error): never {
    if (!isWrongType(error)) throw error
    noteCorruptValue('state', key)
    throw new ShopError('UNAVAILABLE', 'which sessions there are is not known now', { cause: error, retryAfterS: 60 })
  }
}
