/** Decides what the modules are made of: the stage's settings pick from the tables below, and its page says which of them run here. */
import type { Settings } from '../../infra/stage/settings.ts'
import type { Module } from '../../infra/stage/topology.ts'
import { type AllOrders, makeAllOrders } from '../orders/admin/all-orders.ts'
import { makeSales, type Sales } from '../orders/admin/sales.ts'
import type { Bestsellers } from '../orders/bestsellers.ts'
import { type Carts, makeCarts } from '../orders/cart/cart.ts'
import type { Checkout } from '../orders/checkout.ts'
import { checkoutTransaction } from '../orders/checkout-transaction.ts'
import { makeOrders, type Orders } from '../orders/orders.ts'
import { checkoutSaga } from '../orders/saga/checkout-saga.ts'
import { databaseSagaOrders } from '../orders/saga/database-saga-orders.ts'
import { sagaSweeper } from '../orders/saga/sweeper.ts'
import { countSales, notePositions, type Subscriber, showStock } from '../orders/subscribers.ts'
import { bankClient } from '../payments/bank-client.ts'
import { claimTransaction } from '../payments/claims/claim-transaction.ts'
import type { Claims } from '../payments/claims/claims.ts'
import { claimsApart } from '../payments/claims/claims-apart.ts'
import { makePayments, type Payments } from '../payments/payments.ts'
import { type Cache, redisCache } from '../platform/cache/cache.ts'
import { type ShopLimits, shopLimits } from '../platform/limits/shop-limits.ts'
import { carryingBack } from '../platform/moves/carrying-back.ts'
import { bucketOfUser } from '../platform/process/buckets.ts'
import { newId } from '../platform/process/ids.ts'
import type { Repeated } from '../platform/process/repeated.ts'
import type { RedisClients } from '../platform/redis/redis.ts'
import type { Stores } from '../platform/stores/connect.ts'
import { productsClient } from '../products/client.ts'
import { type FlashSales, makeFlashSales } from '../products/flash-sales/flash-sales.ts'
import { localPageCache } from '../products/local-page-cache.ts'
import { makeProducts, type Products } from '../products/products.ts'
import { redisProductCache } from '../products/redis-product-cache.ts'
import { stockClient } from '../products/stock/client.ts'
import { databaseStock } from '../products/stock/database-stock.ts'
import type { Stock } from '../products/stock/stock.ts'
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
import { type HotData, hotData } from './hot-data.ts'

/** What each module offers, to the others and to the routes. */
export type Modules = {
  readonly users: { readonly users: Users; readonly verifications: Verifications; readonly recentlyViewed: RecentlyViewed }
  readonly products: { readonly products: Products; readonly stock: Stock; readonly flashSales?: FlashSales }
  readonly orders: {
    readonly orders: Orders
    readonly carts: Carts
    readonly bestsellers: Bestsellers
    readonly subscribers: readonly Subscriber[]
    readonly allOrders: AllOrders
    readonly sales: Sales
  }
  readonly payments: { readonly payments: Payments }
}

export type Composed = {
  /** Those that run here, and those that they need. */
  readonly modules: Partial<Modules>
  readonly limits: ShopLimits
  /** Starts background work; `stop` ends it. */
  start(): void
  stop(): Promise<void>
}

type Parts = {
  readonly config: Config
  readonly stores: Stores
  readonly redis: RedisClients
  readonly limits: ShopLimits
  readonly hot: HotData
  /** Where the setting `cache` has it. */
  readonly cache: Cache | undefined
  work(one: Repeated): void
}

/** `needs` are those whose parts a module's maker is given. Only what has a remote maker can run in another process. */
type Definition<Name extends Module> = {
  readonly needs: readonly Module[]
  local(parts: Parts, made: Modules): Modules[Name]
  remote?(place: { readonly url: string; readonly key: string }): Modules[Name]
}

const MODULES: { readonly [Name in Module]: Definition<Name> } = {
  users: { needs: [], local: usersHere },
  products: {
    needs: ['users'],
    local: productsHere,
    remote: (place) => ({ products: productsClient(place), stock: stockClient(place) }),
  },
  orders: { needs: ['users', 'products'], local: ordersHere },
  payments: { needs: ['users', 'orders'], local: paymentsHere },
}

export function compose(config: Config, stores: Stores, redis: RedisClients = {}): Composed {
  const { settings, duty } = config
  const limits = shopLimits(settings, redis.state)
  const repeated: Repeated[] = []
  const own = (one: Repeated) => void repeated.push(one)
  const work = duty === 'requests' ? () => {} : own
  for (const { spread } of new Set(Object.values(stores))) if (spread) work(carryingBack(spread.writers))
  const hot = hotData({ settings, stores, redis, work, own, hasWorker: duty === 'requests' })
  const cache = settings.cache === 'redis' && redis.cache ? redisCache(redis.cache, stores.products.whole(), settings) : undefined
  return {
    modules: makeModules({ config, stores, redis, limits, hot, cache, work }),
    limits,
    start() {
      for (const { start } of repeated) start()
    },
    stop: async () => void (await Promise.all([...repeated.map(({ stop }) => stop()), cache?.stop()])),
  }
}

/** Each after those that it needs. */
function makeModules(parts: Parts): Partial<Modules> {
  const made: Partial<Record<Module, unknown>> = {}
  const make = (name: Module): void => {
    if (made[name]) return
    if (parts.config.modules.includes(name)) {
      for (const needed of MODULES[name].needs) make(needed)
      made[name] = MODULES[name].local(parts, made as Modules)
    } else {
      made[name] = elsewhere(name, parts.config)
    }
  }
  for (const name of parts.config.modules) make(name)
  return made as Partial<Modules>
}

function elsewhere(name: Module, { remote, internalKey }: Config): unknown {
  const url = remote?.[name]
  const maker = MODULES[name].remote
  if (!maker) throw new Error(`the module ${name} has to run in every process that needs it`)
  if (!url || !internalKey) throw new Error(`the module ${name} does not run here, and nobody says where it does`)
  return maker({ url, key: internalKey })
}

const SESSIONS = {
  memory: () => memorySessions(),
  mysql: ({ stores }: Parts) => databaseSessions(stores.users),
  redis: sessionsInRedis,
}

function usersHere(parts: Parts): Modules['users'] {
  const { config, stores, limits, hot } = parts
  const sessions = SESSIONS[config.settings.sessions](parts)
  return {
    users: makeUsers(stores.users, { sessions, failuresOfPair: limits.failuresOfPair }),
    verifications: makeVerifications(stores.users, {
      codes: hot.codes(),
      mailer: fileMailer(config.outboxFile),
      codeKey: config.codeKey,
    }),
    recentlyViewed: hot.recentlyViewed(),
  }
}

function sessionsInRedis({ config, stores, redis }: Parts): Sessions {
  if (!redis.state) throw new Error('sessions=redis needs a stage with a Redis for state')
  const revocations = config.settings.revocations === 'on' ? databaseRevocations(redis.state, stores.users) : NO_REVOCATIONS
  return redisSessions(redis.state, revocations)
}

const CACHES = { none: ({ products }: { products: Products }) => products, local: localPageCache, redis: redisProductCache }

function productsHere({ config, stores, cache, hot }: Parts): Modules['products'] {
  const { settings } = config
  const databases = stores.products.whole()
  const catalogue = { products: makeProducts(databases), writes: databases.writes, cache, ttlMs: settings.cacheTtlMs }
  const products = CACHES[settings.cache](catalogue)
  const flashSales = makeFlashSales(databases, { products, gate: hot.gate() })
  return { products, stock: databaseStock(databases, products), flashSales }
}

type CheckoutMaker = (parts: Parts, stock: Stock) => Checkout

const CHECKOUTS: { readonly [Name in Settings['checkout']]: CheckoutMaker } = {
  transaction({ stores: { orders, products } }) {
    if (orders !== products) throw new Error('checkout=transaction needs orders and products in one store')
    return checkoutTransaction(orders)
  },
  saga({ stores, work }, stock) {
    const parts = { orders: databaseSagaOrders(stores.orders), stock }
    work(sagaSweeper(parts))
    return checkoutSaga(parts, (userId) => newId('ord', bucketOfUser(userId)))
  },
}

function ordersHere(parts: Parts, { products: { products, stock } }: Modules): Modules['orders'] {
  const { config, stores, cache, hot } = parts
  const bestsellers = hot.bestsellers()
  const subscribers = [notePositions(stores.orders), showStock(products), countSales(bestsellers)]
  const checkout = CHECKOUTS[config.settings.checkout](parts, stock)
  const orders = makeOrders(stores.orders, { checkout, gate: hot.gate(), subscribers })
  const cached = cache && { cache, ttlMs: config.settings.cacheTtlMs }
  const carts = makeCarts(stores.orders, { products, orders, ...(cached && { cached }) })
  const overviews = { allOrders: makeAllOrders(stores.orders), sales: makeSales(stores.orders) }
  return { orders, carts, bestsellers, subscribers, ...overviews }
}

function paymentsHere({ config, stores, work }: Parts, { orders }: Modules): Modules['payments'] {
  const payments = makePayments(stores.payments, { claims: claimsOf(stores, orders), bank: bankClient(config.bankUrl) })
  work(payments.sweeping)
  return { payments }
}

/** Two commits less where one store holds both. */
function claimsOf({ orders, payments }: Stores, { orders: here, subscribers }: Modules['orders']): Claims {
  const apart = claimsApart(payments, here)
  return orders === payments ? claimTransaction(payments, { apart, subscribers }) : apart
}
