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
  /** An app is about to keep a copy of what is stored under this version: whoever changes it finds the mark. */
  mark(key: string, version: string): Promise<unknown>
  /** Before a commit: until `renew` with the same token nothing is stored or believed under these versions. */
  suspend(keys: readonly string[], token: string): Promise<MayBeCopied>
  /** After a commit: what is stored under these versions counts no more. */
  renew(keys: readonly string[], token?: string): Promise<MayBeCopied>
}

/** Whether an app may have a copy of what was stored under any of them until now. Of a version that is not there nobody knows. */
type MayBeCopied = boolean

/**
 * A commit that waits for a replica may be seen minutes later, and its app may have died by then: for so long nothing is kept of what
 * it changes. An app that lives suspends what it does not know the end of again.
 */
const SUSPENDED_MS = 10 * 60_000
/** So that no key is without an end (B3). A version that ends costs its entries one miss. */
const LIFETIME_MS = 60 * 60_000

const SUSPENDED = 'suspended'
const NOBODY = 'nobody'
/**
 * Behind a version, and in none: there may be copies. Behind the next one, with a time, it says until when there may be copies of older
 * ones, for who changes something in the meantime.
 */
const MARK = '+'
/** No app keeps a copy for longer, from the moment when it asked. */
export const COPY_LASTS_MS = 50

export function redisVersions(redis: RedisClient, { writing }: Pick<Lease, 'writing'>): Versions {
  const mark = redisScript<unknown>(redis, ADD_MARK)
  const suspend = redisScript<number>(redis, SUSPEND)
  const renew = redisScript<number>(redis, RENEW)
  // A call for each key, sent together: in a Cluster every key may be on another server.
  const anyCopied = async (keys: readonly string[], ask: (key: string) => Promise<number>): Promise<MayBeCopied> => {
    return (await Promise.all(keys.map((key) => writing(key, ask(key))))).includes(1)
  }
  return {
    ensure: (key) => writing(key, redis.set(key, freshVersion(), 'PX', LIFETIME_MS, 'NX')),
    mark: (key, version) => mark(key, [version]),
    suspend: (keys, token) => anyCopied(keys, (key) => suspend(key, [token, SUSPENDED_MS])),
    renew: (keys, token = NOBODY) => anyCopied(keys, (key) => renew(key, [token, freshVersion(), LIFETIME_MS])),
  }
}

/** What is stored as a version: the one that entries have, and whether it has the mark. */
export function parseVersion(stored: string): { readonly version: string; readonly isMarked: boolean } {
  const [version = ''] = stored.split(MARK, 1)
  return { version, isMarked: stored.endsWith(MARK) }
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
 * prolong one whose app has died. Times are in milliseconds, by the clock of Redis. Who suspends it has waited for the copies already.
 */
const OTHERS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = redis.pcall('GET', KEYS[1])
local others, lastEnd, copiedUntil = '', now, now + ${COPY_LASTS_MS}
if type(found) == 'string' and string.sub(found, 1, #'${SUSPENDED}') == '${SUSPENDED}' then
  for token, ends in string.gmatch(found, ':(%w+)@(%d+)') do
    if token == ARGV[1] then copiedUntil = 0
    elseif tonumber(ends) > now then
      others = others .. ':' .. token .. '@' .. ends
      lastEnd = math.max(lastEnd, tonumber(ends))
    end
  end
elseif type(found) == 'string' then
  local mark = string.match(found, '%${MARK}(%d*)$')
  if mark ~= '' then copiedUntil = tonumber(mark or 0) end
end
local copied = copiedUntil > now and 1 or 0
`

/**
 * A Redis that is full takes it too, as forgetting must not fail where only remembering has no room; and a key of a wrong type is
 * written over.
 */
const SUSPEND = `#!lua flags=allow-oom
${OTHERS}
local ends = now + ARGV[2]
local suspended = '${SUSPENDED}' .. others .. ':' .. ARGV[1] .. '@' .. string.format('%.0f', ends)
redis.call('SET', KEYS[1], suspended, 'PX', string.format('%.0f', math.max(lastEnd, ends) - now))
return copied`

/** The last of several changes gives the new version. */
const RENEW = `#!lua flags=allow-oom
${OTHERS}
local fresh = ARGV[2]
if copied == 1 then fresh = fresh .. '${MARK}' .. string.format('%.0f', copiedUntil) end
if others == '' then redis.call('SET', KEYS[1], fresh, 'PX', ARGV[3])
else redis.call('SET', KEYS[1], '${SUSPENDED}' .. others, 'PX', string.format('%.0f', lastEnd - now)) end
return copied`

/** To the version that was read, whatever it has behind it. Its lifetime stays. */
const ADD_MARK = `#!lua flags=allow-oom
local found = redis.pcall('GET', KEYS[1])
if type(found) ~= 'string' or string.match(found, '^[^${MARK}]*') ~= ARGV[1] then return end
redis.call('SET', KEYS[1], ARGV[1] .. '${MARK}', 'KEEPTTL')`
