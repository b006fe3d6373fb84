/**
 * What is cached counts under a version, a key of its own with a random value. Whoever fills reads the version before the database and
 * stores it with the answer; a change gives a new one. So a fill that raced with a change never counts, whichever of the two is stored last.
 */
import { randomBytes } from 'node:crypto'
import type { RedisClient } from '../redis/client.ts'
import { redisScript } from '../redis/script.ts'
import type { Lease } from './lease.ts'

export type Versions = {
  /** Sees to it that there is one: nothing can be stored under a version that is not there. */
  ensure(key: string): Promise<unknown>
  /** Before a commit: until `renew` with the same token nothing is stored or believed under these versions. */
  suspend(keys: readonly string[], token: string): Promise<void>
  /** After a commit: what is stored under these versions counts no more. */
  renew(keys: readonly string[], token?: string): Promise<void>
}

/**
 * A commit that waits for a replica may be seen minutes later, and its app may have died by then: for so long nothing is kept of what
 * it changes. An app that lives suspends what it does not know the end of again.
 */
const SUSPENDED_MS = 10 * 60_000
/** So that no key is without an end (B3). A version that ends costs its entries one miss. */
const LIFETIME_MS = 60 * 60_000

const SUSPENDED = 'suspended'
const NOBODY = 'nobody'

export function redisVersions(redis: RedisClient, { writing }: Pick<Lease, 'writing'>): Versions {
  const suspend = redisScript<string>(redis, SUSPEND)
  const renew = redisScript<string>(redis, RENEW)
  // A call for each key, sent together: in a Cluster every key may be on another server.
  return {
    ensure: (key) => writing(key, redis.set(key, freshVersion(), 'PX', LIFETIME_MS, 'NX')),
    async suspend(keys, token) {
      await Promise.all(keys.map((key) => writing(key, suspend(key, [token, SUSPENDED_MS]))))
    },
    async renew(keys, token = NOBODY) {
      await Promise.all(keys.map((key) => writing(key, renew(key, [token, freshVersion(), LIFETIME_MS]))))
    },
  }
}

export function isSuspended(version: string): boolean {
  return version.startsWith(SUSPENDED)
}

/** Letters and digits alone, as the scripts look for them. */
export function changeToken(): string {
  return randomBytes(8).toString('hex')
}

function freshVersion(): string {
  return randomBytes(9).toString('base64url')
}

/**
 * `suspended:<token>@<end>:<token>@<end>`: as many changes may be under way, and each ends in time, so that those which end do not
 * prolong one whose app has died. Times are in milliseconds, by the clock of Redis.
 */
const OTHERS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = redis.pcall('GET', KEYS[1])
local others, lastEnd = '', now
if type(found) == 'string' and string.sub(found, 1, #'${SUSPENDED}') == '${SUSPENDED}' then
  for token, ends in string.gmatch(found, ':(%w+)@(%d+)') do
    if token ~= ARGV[1] and tonumber(ends) > now then
      others = others .. ':' .. token .. '@' .. ends
      lastEnd = math.max(lastEnd, tonumber(ends))
    end
  end
end
`

/**
 * A Redis that is full takes it too, as forgetting must not fail where only remembering has no room; and a key of a wrong type is
 * written over.
 */
const SUSPEND = `#!lua flags=allow-oom
${OTHERS}
local ends = now + ARGV[2]
local suspended = '${SUSPENDED}' .. others .. ':' .. ARGV[1] .. '@' .. string.format('%.0f', ends)
return redis.call('SET', KEYS[1], suspended, 'PX', string.format('%.0f', math.max(lastEnd, ends) - now))`

/** The last of several changes gives the new version. */
const RENEW = `#!lua flags=allow-oom
${OTHERS}
if others == '' then return redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return redis.call('SET', KEYS[1], '${SUSPENDED}' .. others, 'PX', string.format('%.0f', lastEnd - now))`
