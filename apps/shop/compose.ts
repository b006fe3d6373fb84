/** Decides what the modules are made of: each stage's settings pick from the tables below. */
import type { Settings } from '../../infra/stage/settings.ts'
import { type Bestsellers, countSales } from '../orders/bestsellers.ts'
import { makeOrders, type Orders } from '../orders/orders.ts'
import { throughGate } from '../orders/through-gate.ts'
import { tellStock } from '../orders/told-stock.ts'
import { bankClient } from '../payments/bank-client.ts'
import { makePayments, type Payments } from '../payments/payments.ts'
import { redisCache } from '../platform/cache/cache.ts'
import { type ShopLimits, shopLimits } from '../platform/limits/shop-limits.ts'
import type { Databases } from '../platform/mysql/database.ts'
import type { RedisClient, RedisClients } from '../platform/redis/redis.ts'
import { type FlashSales, makeFlashSales } from '../products/flash-sales/flash-sales.ts'
import { type ProductsById, productsById } from '../products/listed-products.ts'
import { localPageCache } from '../products/local-page-cache.ts'
import { makeProducts, type Products } from '../products/products.ts'
import { redisProductCache } from '../products/redis-product-cache.ts'
import { databaseSessions } from '../users/database-sessions.ts'
import { fileMailer } from '../users/mailer.ts'
import { memorySessions } from '../users/memory-sessions.ts'
import type { RecentlyViewed } from '../users/recently-viewed/recently-viewed.ts'
import { redisSessions } from '../users/redis-sessions.ts'
import { databaseRevocations, NO_REVOCATIONS } from '../users/revocations.ts'
import type { Sessions } from '../users/sessions.ts'
import { makeUsers, type Users } from '../users/users.ts'
import { makeVerifications, type Verifications } from '../users/verifications.ts'
import type { Config } from './config.ts'
import { hotData } from './hot-data.ts'

export type Modules = {
  readonly users: Users
  readonly products: Products
  readonly orders: Orders
  readonly payments: Payments
  readonly bestsellers: Bestsellers
  readonly recentlyViewed: RecentlyViewed
  readonly productsById: ProductsById
  readonly verifications: Verifications
  readonly flashSales: FlashSales
  readonly limits: ShopLimits
  /** Starts background work; `stop` ends it. */
  start(): void
  stop(): Promise<void>
}

const SESSIONS = { memory: () => memorySessions(), mysql: databaseSessions, redis: sessionsInRedis }
const CACHES = { none: ({ products }: { products: Products }) => products, local: localPageCache, redis: redisProductCache }

export function compose(
  { settings, hasWorker, bankUrl, outboxFile, codeKey }: Config,
  databases: Databases,
  redis: RedisClients = {},
): Modules {
  const limits = shopLimits(settings, redis.state)
  const users = makeUsers(databases, {
    sessions: SESSIONS[settings.sessions](databases, settings, redis.state),
    failuresOfPair: limits.failuresOfPair,
  })
  const cache = settings.cache === 'redis' && redis.cache ? redisCache(redis.cache, databases, settings) : undefined
  const catalogue = { products: makeProducts(databases), writes: databases.writes, cache, ttlMs: settings.cacheTtlMs }
  const products = CACHES[settings.cache](catalogue)
  const hot = hotData(settings, databases, redis, { hasWorker })
  const orders = throughGate(countSales(tellStock(makeOrders(databases), products), hot.bestsellers), hot.gate, databases)
  const payments = makePayments(databases, { orders, bank: bankClient(bankUrl) })
  const sweeping = { start: payments.startSweeping, stop: payments.stopSweeping }
  const work = hasWorker ? hot.repeated : [sweeping, ...hot.repeated]
  return {
    users,
    products,
    orders,
    payments,
    bestsellers: hot.bestsellers,
    recentlyViewed: hot.recentlyViewed,
    productsById: productsById(databases),
    verifications: makeVerifications(databases, { codes: hot.codes, mailer: fileMailer(outboxFile), codeKey }),
    flashSales: makeFlashSales(databases, { products, gate: hot.gate }),
    limits,
    start() {
      for (const { start } of work) start()
    },
    stop: async () => void (await Promise.all([...work.map(({ stop }) => stop()), cache?.stop()])),
  }
}

function sessionsInRedis(databases: Databases, { revocations }: Settings, state: RedisClient | undefined): Sessions {
  if (!state) throw new Error('sessions=redis needs a stage with a Redis for state')
  return redisSessions(state, revocations === 'on' ? databaseRevocations(state, databases) : NO_REVOCATIONS)
}
