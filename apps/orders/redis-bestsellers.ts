/**
 * The list of bestsellers as a sorted set: an order adds its pieces when it is paid, and the top is read without looking at the rest (I6).
 * MySQL has the orders, so the set may be lost, and is now and then made anew from them.
 *
 * No order counts twice. A set belongs to an era, and counts an order only if that era was known before the order's payment was
 * committed. What an era begins with was read from MySQL before anybody could know it, so it cannot have held such an order.
 * An order may be missed: one that is paid while a set is made, or whose app ends before it has counted. The next set has it.
 */
import { randomUUID } from 'node:crypto'
import type { Store } from '../platform/mysql/store.ts'
import { type Repeated, repeated } from '../platform/process/repeated.ts'
import { within } from '../platform/process/within.ts'
import type { RedisClient } from '../platform/redis/client.ts'
import { isWrongType, noteCorruptValue } from '../platform/redis/corrupt-value.ts'
import { KEYS, together } from '../platform/redis/keys.ts'
import { redisScript } from '../platform/redis/script.ts'
import type { Bestsellers } from './bestsellers.ts'
import { databaseBestsellers } from './database-bestsellers.ts'
import type { Sold, SoldOrder } from './order.ts'
import type { OrdersTables } from './queries.ts'
import { soldIn } from './sold.ts'

const SET = KEYS.bestsellers('all')
const COUNTED = KEYS.countedOrders('all')
/** An order counts in both or in neither. */
const BOTH = together(SET, COUNTED)
const LOCK = KEYS.bestsellersLock('all')

/** The era is a member of its set, so that both are lost together. Its score is below every other: minus the time when it was made. */
const ERA = 'era:'

/** Paid, and now waiting for Redis before it may say so: no longer than this. */
const ERA_TIMEOUT_MS = 200
/** How often the worker, or each app where there is none, looks whether there is a set … */
const LOOK_EVERY_MS = 2_000
/** … and after how long what it has missed is made good. */
const REMAKE_AFTER_MS = 10 * 60_000
/** Longer than the query may take; whoever holds the lock and dies keeps the others waiting for so long. */
const LOCK_MS = 10_000
/** Orders whose repeated count is recognized: those of the last minutes, as only a command that was sent again repeats it. */
const MOST_COUNTED = 10_000

type SoldIn = Pick<Store<OrdersTables>, 'each'>

export type RedisBestsellers = Bestsellers & { start(): void; stop(): Promise<void> }

/** While Redis is away the list comes from MySQL, and what is paid waits for the next set. */
export function redisBestsellers(redis: RedisClient, store: SoldIn): RedisBestsellers {
  const database = databaseBestsellers(store)
  const count = redisScript<number>(redis, COUNT_ORDER)
  const looking = repeated(LOOKING, LOOK_EVERY_MS, () => keepSet(redis, store))
  return {
    top: (limit) => topOf(redis, database, limit),
    async selling(order) {
      const era = await within(ERA_TIMEOUT_MS, eraOf(redis))
      return async () => {
        // Nobody waits for it: the order is paid whatever Redis says.
        if (era) count(BOTH, [era.name, order.id, MOST_COUNTED, ...piecesOf(order)]).catch(() => undefined)
      }
    },
    ...looking,
  }
}

/** Where somebody else counts, by the orders' events: the list is only read. */
export function shownBestsellers(redis: RedisClient, store: SoldIn): Bestsellers {
  const database = databaseBestsellers(store)
  return { ...database, top: (limit) => topOf(redis, database, limit) }
}

async function topOf(redis: RedisClient, database: Bestsellers, limit: number): Promise<Sold[]> {
  const found = await redis.zrange(SET, 0, limit - 1, 'REV', 'WITHSCORES').catch(() => [])
  const sold = soldOf(found)
  return found.length > 0 && sold.every(isSold) ? sold : database.top(limit)
}

const LOOKING = 'looking after the bestsellers'

/** Shows what was sold, as whoever counts it knows, where nothing is shown or that is old. */
export function keepShown(redis: RedisClient, sold: () => Promise<readonly Sold[]>): Repeated {
  return repeated(LOOKING, LOOK_EVERY_MS, () => keepList(redis, sold))
}

/** What is no set of orders is deleted, and the set that is made next counts them. */
const COUNT_ORDER = `
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
if type(redis.pcall('ZCARD', KEYS[2])) == 'table' then redis.call('DEL', KEYS[2]) end
local now = redis.call('TIME')
if redis.call('ZADD', KEYS[2], 'NX', now[1] * 1000000 + now[2], ARGV[2]) == 0 then return 0 end
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - tonumber(ARGV[3]))
for at = 4, #ARGV, 2 do redis.call('ZINCRBY', KEYS[1], ARGV[at + 1], ARGV[at]) end
return 1`

function piecesOf({ items }: SoldOrder): (string | number)[] {
  return items.flatMap(({ productId, quantity }) => [productId, quantity])
}

/** From `[member, score, member, score, …]`. */
function soldOf(found: readonly string[]): Sold[] {
  const pairs = Array.from({ length: found.length / 2 }, (_, index) => found.slice(2 * index, 2 * index + 2))
  return pairs
    .filter(([member = '']) => !member.startsWith(ERA))
    .map(([productId = '', score]) => ({ productId, pieces: Number(score) }))
}

/** Anything else was not counted by us. */
function isSold({ pieces }: Sold): boolean {
  return Number.isSafeInteger(pieces) && pieces > 0
}

type Era = { readonly name: string; readonly madeAt: number }

/** Undefined where there is no set. */
async function eraOf(redis: RedisClient): Promise<Era | undefined> {
  const [name, score] = await redis.zrange(SET, 0, 0, 'WITHSCORES')
  return name?.startsWith(ERA) ? { name, madeAt: -Number(score) } : undefined
}

/** Makes the set where there is none or it is old. Of several that look one does, and the others find it the next time. */
export function keepSet(redis: RedisClient, store: SoldIn): Promise<void> {
  return keepList(redis, () => soldIn(store))
}

async function keepList(redis: RedisClient, sold: () => Promise<readonly Sold[]>): Promise<void> {
  if (await isFresh(redis)) return
  if ((await redis.set(LOCK, '', 'PX', LOCK_MS, 'NX')) !== 'OK') return
  if (!(await isFresh(redis))) await showSold(redis, await sold())
  await redis.del(LOCK)
}

async function isFresh(redis: RedisClient): Promise<boolean> {
  const era = await eraOf(redis).catch(wrongType)
  return era !== undefined && Date.now() - era.madeAt < REMAKE_AFTER_MS
}

/** Then there is no set, and one is made in its place. */
function wrongType(error: Error): undefined {
  if (!isWrongType(error)) throw error
  noteCorruptValue('state', SET)
}

/** Two at once do no harm: the later set takes the place of the earlier, as a whole. */
export async function makeSet(redis: RedisClient, store: SoldIn): Promise<void> {
  await showSold(redis, await soldIn(store))
}

/** In the place of what was shown before, as a whole. */
export async function showSold(redis: RedisClient, sold: readonly Sold[]): Promise<void> {
  const members = [-Date.now(), `${ERA}${randomUUID()}`, ...sold.flatMap(({ productId, pieces }) => [pieces, productId])]
  await redisScript(redis, REPLACE_SET)(SET, members)
}

const REPLACE_SET = `
redis.call('DEL', KEYS[1])
for at = 1, #ARGV, 2 do redis.call('ZADD', KEYS[1], ARGV[at], ARGV[at + 1]) end`
