/**
 * Noting a page view with each value of the setting `views`: how long that takes. The three take turns with every view, so that they
 * meet the same noise. Servers without a size, and a MySQL that does not wait for its disk, as one with real data would.
 */
import { once } from 'node:events'
import { startTestRedis } from '../../../infra/redis/test-server.ts'
import { SETTINGS, type Settings, settingsOf } from '../../../infra/stage/settings.ts'
import { parseDatabaseUrl } from '../../platform/mysql/address.ts'
import { connectDatabase, oneDatabase } from '../../platform/mysql/database.ts'
import { undividedStore } from '../../platform/mysql/store.ts'
import type { Repeated } from '../../platform/process/repeated.ts'
import { parseRedisUrl } from '../../platform/redis/address.ts'
import type { RedisClient } from '../../platform/redis/client.ts'
import { connectCache, connectState } from '../../platform/redis/redis.ts'
import { hotData } from '../../shop/hot-data.ts'
import type { RecentlyViewed } from '../../users/recently-viewed/recently-viewed.ts'
import { type Times, timesOf } from './times.ts'

export type ViewResult = Times & { readonly views: Settings['views'] }
type Mode = { readonly views: Settings['views']; readonly viewed: RecentlyViewed; readonly samplesMs: number[] }

const WARM_UP = 1_000
const VIEWS = 5_000
const USERS = 100
const PRODUCTS = 1_000

/** `databaseUrl`: a database that the shop has been prepared in. */
export async function measureViews(databaseUrl: string, signal: AbortSignal): Promise<ViewResult[]> {
  const servers = [await startTestRedis({ role: 'cache' }), await startTestRedis({ role: 'state' })] as const
  const cache = connectCache(parseRedisUrl('the test cache', servers[0].url))
  const state = connectState(parseRedisUrl('the test state', servers[1].url))
  const databases = oneDatabase(connectDatabase(parseDatabaseUrl('the test database', databaseUrl)))
  const store = undividedStore('db', databases)
  const stores = { users: store, products: store, orders: store, payments: store }
  const work: Repeated[] = []
  const does = (one: Repeated) => void work.push(one)
  const shared = { stores, redis: { cache, state }, work: does, own: does, hasWorker: false }
  const modes = SETTINGS.views.values.map((views): Mode => {
    return { views, viewed: hotData({ ...shared, settings: settingsFor(views) }).recentlyViewed(), samplesMs: [] }
  })
  try {
    await Promise.all([cache, state].map((client) => isReady(client, signal)))
    for (const { start } of work) start()
    await measureInTurn(modes, signal)
    return modes.map(({ views, samplesMs }) => ({ views, ...timesOf(samplesMs) }))
  } finally {
    await Promise.all(work.map(({ stop }) => stop()))
    for (const client of [cache, state]) client.close()
    await Promise.all([databases.close(), ...servers.map(({ stop }) => stop())])
  }
}

function settingsFor(views: Settings['views']): Settings {
  return settingsOf({ sessions: 'mysql', cache: 'none', checkout: 'transaction', hotData: 'redis', views })
}

async function isReady(client: RedisClient, signal: AbortSignal): Promise<void> {
  if (client.status !== 'ready') await once(client, 'ready', { signal })
}

async function measureInTurn(modes: readonly Mode[], signal: AbortSignal): Promise<void> {
  for (let index = -WARM_UP; index < VIEWS; index++) {
    signal.throwIfAborted()
    for (const { views, viewed, samplesMs } of modes) {
      const userId = `usr_${views}_${Math.abs(index) % USERS}_00`
      const startedAt = performance.now()
      await viewed.add(userId, `prd_${Math.abs(index) % PRODUCTS}`)
      if (index >= 0) samplesMs.push(performance.now() - startedAt)
      // Where a list is looked at there is one in Redis.
      if (index < 0) await viewed.of(userId)
    }
  }
}
