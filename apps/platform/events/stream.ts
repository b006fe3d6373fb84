/**
 * A stream as its relay sees it: the only one that adds to it. Redis may be another than before, after a failover or a FLUSHALL; what it
 * lacks shows in the id of its last entry, as every entry has a greater one than all before it, in whatever Redis those were.
 */

import type { RedisCommands } from '../redis/commands.ts'
import { KEYS, together } from '../redis/keys.ts'
import { redisScript } from '../redis/script.ts'

export type EventRedis = Pick<RedisCommands, 'ask' | 'eval' | 'evalsha' | 'serverOf'>

export type Publishing = {
  /** Of the lease: who has a smaller one than was seen before is refused. */
  readonly token: number
  /** The last entry that is known to have been there. */
  readonly after: string
  readonly events: readonly (readonly string[])[]
}
/** `lacks`: nothing was added, as the stream ends before the entry that it should have. */
export type Published = { readonly outcome: 'sent' | 'lacks' | 'fenced'; readonly last: string }

export type EventStream = {
  readonly name: string
  /** All of them, in this order. */
  publish(publishing: Publishing): Promise<Published>
  /** Makes the groups where they are missing, and lets the ids go on after `after`; false where the stream is not as it was `seen`. */
  resume(resuming: { readonly token: number; readonly seen: string; readonly after: string }): Promise<boolean>
  /** Answers the entry before which all groups are done. */
  trim(limits: { readonly mostAgeMs: number; readonly mostEntries: number }): Promise<string>
}

/** `groups` are those without which nothing is trimmed: before they are there, nobody is done with anything. */
export function eventStream(redis: EventRedis, name: string, groups: readonly [string, ...(readonly string[])]): EventStream {
  const keys = together(name, KEYS.relayFence(name))
  const publish = redisScript<[Published['outcome'], string]>(redis, PUBLISH)
  const resume = redisScript<number>(redis, RESUME)
  const trim = redisScript<string>(redis, TRIM)
  return {
    name,
    async publish({ token, after, events }) {
      const words = events.flatMap((fields) => [fields.length, ...fields])
      const [outcome, last] = await publish(keys, [token, after, ...words])
      return { outcome, last }
    },
    resume: async ({ token, seen, after }) => (await resume(keys, [token, seen, after, ...groups])) === 1,
    trim: ({ mostAgeMs, mostEntries }) => trim(together(name), [mostAgeMs, mostEntries, MOST_TRIMMED, ...groups]),
  }
}

/** Redis does nothing else meanwhile. */
const MOST_TRIMMED = 1_000

const IDS = `
local function before(one, other)
  local oneMs, oneNumber = string.match(one, '^(%d+)-(%d+)$')
  local otherMs, otherNumber = string.match(other, '^(%d+)-(%d+)$')
  if oneMs ~= otherMs then return tonumber(oneMs) < tonumber(otherMs) end
  return tonumber(oneNumber) < tonumber(otherNumber)
end
local function named(list)
  local fields = {}
  for at = 1, #list, 2 do fields[list[at]] = list[at + 1] end
  return fields
end
local function lastIn(stream)
  if redis.call('EXISTS', stream) == 0 then return '0-0' end
  return named(redis.call('XINFO', 'STREAM', stream))['last-generated-id']
end
`

const FENCE = `
if tonumber(redis.call('GET', KEYS[2]) or '0') > tonumber(ARGV[1]) then return FENCED end
`

/** Whoever follows a subject hears of it with the entry: its channel has the subject, the second field, in its name, and tells the body, the fourth. */
const PUBLISH = `${IDS}
local FENCED = {'fenced', ''}
${FENCE}
local last = lastIn(KEYS[1])
if before(last, ARGV[2]) then return {'lacks', last} end
local at = 3
if at <= #ARGV then redis.call('SET', KEYS[2], ARGV[1]) end
while at <= #ARGV do
  local count = tonumber(ARGV[at])
  last = redis.call('XADD', KEYS[1], '*', unpack(ARGV, at + 1, at + count))
  redis.call('PUBLISH', KEYS[1] .. ':' .. ARGV[at + 4], last .. ' ' .. ARGV[at + 8])
  at = at + count + 1
end
return {'sent', last}`

const RESUME = `${IDS}
local FENCED = 0
${FENCE}
if lastIn(KEYS[1]) ~= ARGV[2] then return 0 end
for at = 4, #ARGV do redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[at], '0', 'MKSTREAM') end
if before(ARGV[2], ARGV[3]) then redis.call('XSETID', KEYS[1], ARGV[3]) end
return 1`

/** What a group has not acknowledged, or not been given, stays, however old it is and however much there is. */
const TRIM = `${IDS}
if redis.call('EXISTS', KEYS[1]) == 0 then return '0-0' end
local function following(id)
  local ms, number = string.match(id, '^(%d+)-(%d+)$')
  return ms .. '-' .. string.format('%.0f', number + 1)
end
local safe
local found = {}
for _, list in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = named(list)
  found[group.name] = true
  local undone = following(group['last-delivered-id'])
  if group.pending > 0 then undone = redis.call('XPENDING', KEYS[1], group.name, '-', '+', 1)[1][1] end
  if not safe or before(undone, safe) then safe = undone end
end
for at = 4, #ARGV do if not found[ARGV[at]] then return '0-0' end end
if not safe then return '0-0' end
local now = redis.call('TIME')
local cut = string.format('%.0f-0', math.max(0, now[1] * 1000 + math.floor(now[2] / 1000) - ARGV[1]))
local tooMany = math.min(redis.call('XLEN', KEYS[1]) - ARGV[2], ARGV[3])
if tooMany > 0 then
  local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', tooMany)
  local kept = following(oldest[#oldest][1])
  if before(cut, kept) then cut = kept end
end
if before(safe, cut) then cut = safe end
redis.call('XTRIM', KEYS[1], 'MINID', cut)
return safe`
