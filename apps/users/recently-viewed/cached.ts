/**
 * Write-through (B6): a view goes to where it is kept, and then into the list in Redis that readers are shown.
 *
 * No list that misses a view may be shown for long. Where the second write fails the list is dropped, and the next reader makes it anew
 * from what is kept; where that fails as well it is over a minute after it was made, as no view prolongs it. Whoever makes a list first
 * lays a mark in its place: a view that comes in the meantime goes on top of the mark, and what was read without it is not stored.
 */
import { randomUUID } from 'node:crypto'
import type { RedisClient } from '../../platform/redis/client.ts'
import { KEYS } from '../../platform/redis/keys.ts'
import { type RedisScript, redisScript } from '../../platform/redis/script.ts'
import { MOST_VIEWED, type RecentlyViewed } from './recently-viewed.ts'

/** What a list has missed nevertheless is in it after this time. */
export const LIST_LASTS_MS = 60_000
/** Longer than reading what is kept takes; a list that is made more slowly is not stored. */
const MARK_LASTS_MS = 5_000
/** In no product's id. */
const MARK = '?'

/** While Redis is away everything comes from `kept`. */
export function cachedRecentlyViewed(cache: RedisClient, kept: RecentlyViewed): RecentlyViewed {
  const scripts: Scripts = { lay: redisScript(cache, LAY_MARK), fill: redisScript(cache, FILL) }
  const putFirst = redisScript(cache, PUT_FIRST)
  return {
    async add(userId, productId) {
      const key = KEYS.recentlyViewed(userId)
      await kept.add(userId, productId)
      await putFirst(key, [productId, MOST_VIEWED]).catch(() => cache.unlink(key).catch(() => undefined))
    },
    async of(userId) {
      const key = KEYS.recentlyViewed(userId)
      const found = await cache.lrange(key, 0, MOST_VIEWED - 1).catch(() => [])
      const isWhole = found.length > 0 && !found.at(-1)?.startsWith(MARK)
      return isWhole ? found : make(scripts, key, () => kept.of(userId))
    },
  }
}

/** Into a list that is there, and into no other: alone in a new one the product would hide what was viewed before. */
const PUT_FIRST = `
redis.call('LREM', KEYS[1], 0, ARGV[1])
redis.call('LPUSHX', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], 0, ARGV[2] - 1)`

type Scripts = { readonly lay: RedisScript<unknown>; readonly fill: RedisScript<0 | 1> }

async function make({ lay, fill }: Scripts, key: string, read: () => Promise<string[]>): Promise<string[]> {
  const mark = MARK + randomUUID()
  const isMarked = await lay(key, [mark, MARK_LASTS_MS]).then(
    () => true,
    () => false,
  )
  const productIds = await read()
  if (isMarked) await fill(key, [mark, LIST_LASTS_MS, ...productIds]).catch(() => undefined)
  return productIds
}

const LAY_MARK = `
redis.call('DEL', KEYS[1])
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])`

const FILL = `
local found = redis.call('LRANGE', KEYS[1], 0, 1)
if #found ~= 1 or found[1] ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
for at = #ARGV, 3, -1 do redis.call('LPUSH', KEYS[1], ARGV[at]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`
