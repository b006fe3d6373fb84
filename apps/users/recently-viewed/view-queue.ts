import { bucketOfId } from '../../platform/process/buckets.ts'
import type { RedisClient } from '../../platform/redis/client.ts'
import { noteCorruptValue } from '../../platform/redis/corrupt-value.ts'
import { KEYS } from '../../platform/redis/keys.ts'
import { redisScript } from '../../platform/redis/script.ts'
import { MOST_VIEWED, VIEWS_KEPT_MS } from './recently-viewed.ts'

/** What a user has viewed and MySQL does not know yet. */
export type WaitingViews = {
  readonly userId: string
  /** The last one first, each once, at most MOST_VIEWED. */
  readonly productIds: readonly string[]
  /** When the first and the last of them came, by the clock of Redis: one for all apps. */
  readonly since: Date
  readonly viewedAt: Date
  /** As it stands in Redis. */
  readonly entry: string
}

export type ViewQueue = ReturnType<typeof viewQueue>

const QUEUE = KEYS.viewQueue('views')

/**
 * The queue of write-behind: a hash with one field for each user who has viewed something, `<since> <viewedAt> <ids>`. A user who views
 * much in a second waits but once, so the queue is bounded by its users, and nothing is taken out of it before it is in MySQL.
 */
export function viewQueue(state: RedisClient, { mostUsers }: { mostUsers: number }) {
  const put = redisScript<0 | 1 | 2>(state, PUT)
  const remove = redisScript<number>(state, REMOVE)
  const drop = redisScript<number>(state, DROP)
  return {
    /** False where the queue is full. */
    put: async (userId: string, productId: string) => {
      const answer = await put(QUEUE, [userId, productId, mostUsers, MOST_VIEWED, VIEWS_KEPT_MS])
      if (answer === 2) noteCorruptValue('state', QUEUE)
      return answer !== 0
    },
    async of(userId: string): Promise<readonly string[]> {
      const entry = await state.hget(QUEUE, userId)
      return waitingViews(userId, entry ?? '')?.productIds ?? []
    },
    length: () => state.hlen(QUEUE),
    /** Of at most `most` users, by chance: apps that look at once mostly find others. */
    async some(most: number): Promise<WaitingViews[]> {
      const words = (await state.hrandfield(QUEUE, most)).flat().map(String)
      const views: WaitingViews[] = []
      const corrupt: string[] = []
      for (let at = 0; at + 1 < words.length; at += 2) {
        const [userId = '', entry = ''] = words.slice(at, at + 2)
        const read = waitingViews(userId, entry)
        if (read) views.push(read)
        else corrupt.push(userId)
      }
      if (corrupt.length > 0) await drop(QUEUE, corrupt)
      for (const field of corrupt) noteCorruptValue('state', `${QUEUE}, field ${field}`)
      return views
    },
    /** Unless their users have viewed more in the meantime. */
    remove: (views: readonly WaitingViews[]) =>
      remove(
        QUEUE,
        views.flatMap(({ userId, entry }) => [userId, entry]),
      ),
  }
}

const PUT = `
local waiting = redis.pcall('HGET', KEYS[1], ARGV[1])
local done = 1
if type(waiting) == 'table' then
  redis.call('DEL', KEYS[1])
  waiting, done = false, 2
end
if not waiting and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
local now = redis.call('TIME')
local at = now[1] * 1000 + math.floor(now[2] / 1000)
local since, last, rest = string.match(waiting or '', '^(%d+) (%d+) (.*)$')
local ids = {ARGV[2]}
for id in string.gmatch(rest or '', '%S+') do
  if id ~= ARGV[2] and #ids < tonumber(ARGV[4]) then table.insert(ids, id) end
end
local times = string.format('%.0f %.0f ', since or at, math.max(at, last or 0))
redis.call('HSET', KEYS[1], ARGV[1], times .. table.concat(ids, ' '))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return done`

const REMOVE = `
local removed = 0
for at = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[at]) == ARGV[at + 1] then removed = removed + redis.call('HDEL', KEYS[1], ARGV[at]) end
end
return removed`

const DROP = `return redis.call('HDEL', KEYS[1], unpack(ARGV))`

/** Undefined for what no app has written; MySQL would refuse it, and all that it came with. */
function waitingViews(userId: string, entry: string): WaitingViews | undefined {
  const [, since, viewedAt, ids] = ENTRY.exec(entry) ?? []
  if (ids === undefined || !USER_ID.test(userId) || bucketOfId(userId) === undefined) return undefined
  const [first, last] = [new Date(Number(since)), new Date(Number(viewedAt))]
  return { userId, productIds: ids.split(' '), since: first, viewedAt: last, entry }
}

const USER_ID = /^[A-Za-z0-9_-]{1,40}$/
/** The two times, before the year 2286, and the products. */
const ENTRY = new RegExp(`^(\\d{1,13}) (\\d{1,13}) ([A-Za-z0-9_-]{1,40}(?: [A-Za-z0-9_-]{1,40}){0,${MOST_VIEWED - 1}})$`)
