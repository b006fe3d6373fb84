/**
 * Write-behind (B7): a view is put into a queue in Redis, and every second the worker writes what it finds there to MySQL, in batches;
 * without a worker each app does. Many small writes that nobody waits for become a few large ones.
 *
 * What is lost: nothing with a process, as a batch leaves the queue only after its commit; who takes it again writes the same. With Redis
 * `state`, what was not in MySQL yet: up to a second of views when its data is emptied, less when it comes back or its replica takes
 * over. While it is away or the queue is full, views are dropped and counted, and are shown for as long as the list in the cache lives.
 */

import { countDroppedView, observeViewQueue } from '../../platform/http/metrics.ts'
import type { Store } from '../../platform/mysql/store.ts'
import { type Repeated, repeated } from '../../platform/process/repeated.ts'
import type { RedisClient } from '../../platform/redis/client.ts'
import { isRedisDown } from '../../platform/redis/redis-down.ts'
import { databaseRecentlyViewed } from './database.ts'
import { upsertViewLists, type ViewsTables } from './queries.ts'
import { MOST_VIEWED, type RecentlyViewed, VIEWS_KEPT_MS } from './recently-viewed.ts'
import { type ViewQueue, viewQueue } from './view-queue.ts'

const FLUSH_EVERY_MS = 1_000
/** Some 50 KB of SQL. */
const USERS_A_BATCH = 200
/** What they view while MySQL is away, some 3 MB of Redis; the views of one user more are dropped. */
const MOST_USERS = 10_000

type QueueLimits = { readonly mostUsers?: number }

export function queuedRecentlyViewed(
  state: RedisClient,
  store: Pick<Store<ViewsTables>, 'of'>,
  { mostUsers = MOST_USERS }: QueueLimits = {},
): RecentlyViewed & Repeated {
  const queue = viewQueue(state, { mostUsers })
  const stored = databaseRecentlyViewed(store)
  return {
    ...viewsPutInto(queue),
    async of(userId) {
      // In this order: what is written in between is found twice, and not at all in the other.
      const waiting = await queue.of(userId).catch(() => [])
      const known = await stored.of(userId)
      return [...new Set([...waiting, ...known])].slice(0, MOST_VIEWED)
    },
    ...repeated('writing views to MySQL', FLUSH_EVERY_MS, () => flush(queue, store)),
  }
}

/** Where views come from another process than that which has the lists: they meet at the queue. */
export function queuedViews(state: RedisClient): Pick<RecentlyViewed, 'add'> {
  return viewsPutInto(viewQueue(state, { mostUsers: MOST_USERS }))
}

function viewsPutInto(queue: ViewQueue): Pick<RecentlyViewed, 'add'> {
  return {
    async add(userId, productId) {
      const answer = await queue.put(userId, productId).catch(downOrThrow)
      if (answer !== true) countDroppedView(answer || 'full')
    },
  }
}

function downOrThrow(error: unknown): 'down' {
  if (isRedisDown(error)) return 'down'
  throw error
}

/** Until the queue was empty, or for as many batches as fill it. */
async function flush(queue: ViewQueue, store: Pick<Store<ViewsTables>, 'of'>): Promise<void> {
  for (let batch = 0; batch < MOST_USERS / USERS_A_BATCH; batch++) {
    const [length, views] = await Promise.all([queue.length(), queue.some(USERS_A_BATCH)])
    observeViewQueue(length, Math.max(0, ...views.map(({ since }) => Date.now() - since.getTime())))
    if (views.length === 0) return
    const limits = { most: MOST_VIEWED, oldest: new Date(Date.now() - VIEWS_KEPT_MS) }
    for (const [{ writes }, own] of Map.groupBy(views, ({ userId }) => store.of(userId)))
      await upsertViewLists(writes, own, limits)
    await queue.remove(views)
    if (views.length < USERS_A_BATCH) return
  }
}
