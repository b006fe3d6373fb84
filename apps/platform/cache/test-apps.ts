/** Several apps' caches on one Redis or Cluster, for tests: each has a connection of its own, and shares nothing else with the others. */
import type { TestRedis } from '../../../infra/redis/test-server.ts'
import type { RedisAddress } from '../../../infra/stage/app-document.ts'
import type { Databases } from '../mysql/database.ts'
import { parseRedisUrl } from '../redis/address.ts'
import { BoundedRedis } from '../redis/bounded.ts'
import type { RedisClient } from '../redis/client.ts'
import { connectCache, connectCacheCluster } from '../redis/redis.ts'
import { type Cache, type Cached, type CacheSettings, redisCache } from './cache.ts'

const DEFAULTS: CacheSettings = { stampede: 'all', jitter: 'on', invalidation: 'versioned', hotKeys: 'on' }

type TestApp = { readonly cache: Cache; readonly redis: RedisClient }
export type TestApps = { readonly list: readonly TestApp[]; close(): Promise<void> }

export type TestAppsOptions = {
  readonly count?: number
  readonly settings?: Partial<CacheSettings>
  readonly databases?: Databases
  /** With the shop's own deadlines, or with long ones: then a slow machine changes no result. */
  readonly bounded?: boolean
}

export async function testApps(url: TestRedis['url'], options: TestAppsOptions = {}): Promise<TestApps> {
  const { count = 1, settings, databases = NO_DATABASES, bounded = false } = options
  const connecting = Array.from({ length: count }, () => connect(url, bounded))
  const list = (await Promise.all(connecting)).map((redis) => {
    return { redis, cache: redisCache(redis, databases, { ...DEFAULTS, ...settings }) }
  })
  const close = async () => {
    for (const { cache, redis } of list) {
      await cache.stop()
      redis.close()
    }
  }
  return { list, close }
}

async function connect(url: string, bounded: boolean): Promise<RedisClient> {
  const address = parseRedisUrl('the test Redis', url)
  const redis = address.reach === 'cluster' ? connectCacheCluster(address, () => {}) : connectServer(address, bounded)
  if (redis.status !== 'ready') await new Promise<void>((resolve) => redis.once('ready', resolve))
  return redis
}

function connectServer(address: RedisAddress, bounded: boolean): BoundedRedis {
  const { user: username, password, hosts, database: db } = address
  return bounded ? connectCache(address, () => {}) : new BoundedRedis(PATIENT, { username, password, db, ...hosts[0] })
}

const PATIENT = { name: 'redis', deadlineMs: 60_000, retryMs: 500 }

/** For loads that look at none. */
const NO_DATABASES = { readsAfter: async () => undefined, position: async () => '' } as unknown as Databases

/** Keys of a test's own. */
export function testKeys(name: string, ttlMs = 60_000): Cached {
  return { entry: `cache:test:{${name}}`, version: `cache:test-version:{${name}}`, lock: `cache:test-lock:{${name}}`, ttlMs }
}
