/** Decides what the modules are made of: the stage's settings pick from the tables below, and its page says which of them run here. */
import type { Settings } from '../../infra/stage/settings.ts'
import type { Module } from '../../infra/stage/topology.ts'
import { makeAllOrders } from '../orders/admin/all-orders.ts'
import { makeSales } from '../orders/admin/sales.ts'
import { type Announce, announceInOutbox } from '../orders/announce.ts'
import { makeCarts } from '../orders/cart/cart.ts'
import type { Checkout } from '../orders/checkout.ts'
import { checkoutTransaction } from '../orders/checkout-transaction.ts'
import { ordersClient } from '../orders/client.ts'
import { orderRelay } from '../orders/order-relay.ts'
import { makeOrders } from '../orders/orders.ts'
import { checkoutSaga } from '../orders/saga/checkout-saga.ts'
import { databaseSagaOrders } from '../orders/saga/database-saga-orders.ts'
import { sagaSweeper } from '../orders/saga/sweeper.ts'
import { countSales, notePositions, showStock } from '../orders/subscribers.ts'
import { bankClient } from '../payments/bank-client.ts'
import { claimTransaction } from '../payments/claims/claim-transaction.ts'
import type { Claims } from '../payments/claims/claims.ts'
import { claimsApart } from '../payments/claims/claims-apart.ts'
import { makePayments } from '../payments/payments.ts'
import { type Cache, redisCache } from '../platform/cache/cache.ts'
import type { RemotePlace } from '../platform/calls/remote.ts'
import type { Live } from '../platform/events/live.ts'
import { type ShopLimits, shopLimits } from '../platform/limits/shop-limits.ts'
import { carryingBack } from '../platform/moves/carrying-back.ts'
import { bucketOfUser } from '../platform/process/buckets.ts'
import { newId } from '../platform/process/ids.ts'
import type { Repeated } from '../platform/process/repeated.ts'
import type { RedisClients } from '../platform/redis/redis.ts'
import { type Stores, storeOf } from '../platform/stores/connect.ts'
import { productsClient } from '../products/client.ts'
import { makeFlashSales } from '../products/flash-sales/flash-sales.ts'
import { localPageCache } from '../products/local-page-cache.ts'
import { makeProducts, type Products } from '../products/products.ts'
import { redisProductCache } from '../products/redis-product-cache.ts'
import { stockClient } from '../products/stock/client.ts'
import { databaseStock } from '../products/stock/database-stock.ts'
import type { Stock } from '../products/stock/stock.ts'
import { visitorsBySession } from '../users/authentication.ts'
import { databaseSessions } from '../users/database-sessions.ts'
import { identifiedVisitors } from '../users/identified-visitors.ts'
import { fileMailer } from '../users/mailer.ts'
import { memorySessions } from '../users/memory-sessions.ts'
import { queuedViews } from '../users/recently-viewed/queued.ts'
import { redisSessions } from '../users/redis-sessions.ts'
import { databaseRevocations, NO_REVOCATIONS } from '../users/revocations.ts'
import { storedRevocations } from '../users/revoked-sessions.ts'
import type { Sessions } from '../users/sessions.ts'
import { makeUsers } from '../users/users.ts'
import { makeVerifications } from '../users/verifications.ts'
import type { Config } from './config.ts'
import { type HotData, hotData } from './hot-data.ts'
import type { Modules } from './modules.ts'
import { workOf } from './shared-work/work.ts'

export type Composed = {
  /** Those that run here, and those that they need. */
  readonly modules: Partial<Modules>
  limits(): ShopLimits
  /** Starts background work; `stop` ends it. */
  start(): void
  stop(): Promise<void>
}

export type Surroundings = {
  readonly stores: Stores
  readonly redis: RedisClients
  /** Where the modules are that do not run here. */
  readonly services: Readonly<Partial<Record<Module, RemotePlace>>>
  /** What happens to orders, as it comes. */
  readonly live?: Live
}

type Parts = Surroundings & {
  readonly config: Config
  limits(): ShopLimits
  readonly hot: HotData
  /** Where the setting `cache` has it. */
  readonly cache: Cache | undefined
  work(one: Repeated): void
  own(one: Repeated): void
  /** Where the page has somebody to tell. */
  readonly announce: Announce | undefined
}

/** `needs` are those whose parts a module's maker is given. Only what has a remote maker can run in another process. */
type Definition<Name extends Module> = {
  readonly needs: readonly Module[]
  local(parts: Parts, made: Modules): Modules[Name]
  remote?(parts: Parts, place: () => RemotePlace): Modules[Name]
}

const MODULES: { readonly [Name in Module]: Definition<Name> } = {
  users: { needs: [], local: usersHere, remote: usersElsewhere },
  products: {
    needs: ['users'],
    local: productsHere,
    remote: (_parts, place) => ({ products: productsClient(place()), stock: stockClient(place()) }),
  },
  orders: { needs: ['users', 'products'], local: ordersHere, remote: (_parts, place) => ({ orders: ordersClient(place()) }) },
  payments: { needs: ['users', 'orders'], local: paymentsHere },
}

export function compose(config: Config, { stores, redis, services, live }: Surroundings): Composed {
  const { settings, duty, events } = config
  let made: ShopLimits | undefined
  const limits = () => {
    made ??= shopLimits(settings, redis.state)
    return made
  }
  const works = workOf(config, stores)
  const { work, own } = works
  for (const { spread } of new Set(Object.values(stores))) if (spread) work(carryingBack(spread.writers))
  const hot = hotData({ settings, stores, redis, work, own, hasWorker: duty === 'requests', tellsEvents: events !== undefined })
  const catalogue = stores.products?.whole()
  const isCached = settings.cache === 'redis' && redis.cache && catalogue
  const cache = isCached ? redisCache(redis.cache, catalogue, { ...settings, isRead: duty !== 'work' }) : undefined
  return {
    modules: makeModules({
      ...{ config, stores, redis, services, live, limits, hot, cache, work, own },
      announce: events && announceInOutbox,
    }),
    limits,
    start: works.start,
    stop: async () => void (await Promise.all([works.stop(), cache?.stop()])),
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
      made[name] = elsewhere(name, parts)
    }
  }
  for (const name of parts.config.modules) make(name)
  return made as Partial<Modules>
}

function elsewhere(name: Module, parts: Parts): unknown {
  const maker = MODULES[name].remote
  if (!maker) throw new Error(`the module ${name} has to run in every process that needs it`)
  return maker(parts, () => {
    const place = parts.services[name]
    if (!place) throw new Error(`the module ${name} does not run here, and nobody says where it does`)
    return place
  })
}

const SESSIONS = {
  memory: () => memorySessions(),
  mysql: ({ stores }: Parts) => databaseSessions(storeOf(stores, 'users')),
  redis: sessionsInRedis,
}

function usersHere(parts: Parts): Modules['users'] {
  const { config, limits, hot } = parts
  const store = storeOf(parts.stores, 'users')
  const sessions = SESSIONS[config.settings.sessions](parts)
  const users = makeUsers(store, { sessions, failuresOfPair: limits().failuresOfPair })
  const { outboxFile, codeKey } = config
  const verifications = makeVerifications(store, { codes: hot.codes(), mailer: fileMailer(outboxFile), codeKey })
  const recentlyViewed = hot.recentlyViewed()
  // Where a front door stands before us it has looked at the session.
  const visitors = isBehindFrontDoor(config) ? identifiedVisitors() : visitorsBySession(users)
  return { visitors, views: recentlyViewed, here: { users, verifications, recentlyViewed, revoked: storedRevocations(store) } }
}

/** Who asks comes with the request, and what they have looked at goes to them by the queue. */
function usersElsewhere({ config, redis }: Parts): Modules['users'] {
  const { views, hotData } = config.settings
  if (!isBehindFrontDoor(config)) throw new Error('where users are in another process a gateway has to say who asks')
  if (views !== 'write-behind' || hotData !== 'redis')
    throw new Error('users in another process need views=write-behind in Redis')
  const noQueue = { add: async () => {} }
  return { visitors: identifiedVisitors(), views: redis.state ? queuedViews(redis.state) : noQueue }
}

function isBehindFrontDoor({ callers = [] }: Config): boolean {
  return callers.some(({ passesOn }) => passesOn)
}

function sessionsInRedis({ config, stores, redis }: Parts): Sessions {
  if (!redis.state) throw new Error('sessions=redis needs a stage with a Redis for state')
  const isKept = config.settings.revocations === 'on'
  return redisSessions(redis.state, isKept ? databaseRevocations(redis.state, storeOf(stores, 'users')) : NO_REVOCATIONS)
}

const CACHES = { none: ({ products }: { products: Products }) => products, local: localPageCache, redis: redisProductCache }

function productsHere({ config, stores, cache, hot }: Parts): Modules['products'] {
  const { settings } = config
  const databases = storeOf(stores, 'products').whole()
  const catalogue = { products: makeProducts(databases), writes: databases.writes, cache, ttlMs: settings.cacheTtlMs }
  const products = CACHES[settings.cache](catalogue)
  const flashSales = makeFlashSales(databases, { products, gate: hot.gate() })
  return { products, stock: databaseStock(databases, products), here: { flashSales } }
}

type CheckoutMaker = (parts: Parts, stock: Stock) => Checkout

const CHECKOUTS: { readonly [Name in Settings['checkout']]: CheckoutMaker } = {
  transaction({ stores: { orders, products }, announce }) {
    if (!orders || orders !== products) throw new Error('checkout=transaction needs orders and products in one store')
    return checkoutTransaction(orders, announce)
  },
  saga({ config, stores, work, announce }, stock) {
    const parts = { orders: databaseSagaOrders(storeOf(stores, 'orders'), announce), stock }
    if (config.settings.sweep === 'on') work(sagaSweeper(parts))
    return checkoutSaga(parts, (userId) => newId('ord', bucketOfUser(userId)))
  },
}

function ordersHere(parts: Parts, { products: { products, stock } }: Modules): Modules['orders'] {
  const { config, cache, hot, live, announce, own } = parts
  const { name, events, settings } = config
  const store = storeOf(parts.stores, 'orders')
  // Each copy has one, of which one sends; and each sees whether it is done.
  if (events) own(orderRelay({ name, db: store.whole().writes, events, resends: settings.resend === 'on' }))
  const bestsellers = hot.bestsellers()
  const subscribers = [notePositions(store), showStock(products), countSales(bestsellers)]
  const checkout = CHECKOUTS[settings.checkout](parts, stock)
  const orders = makeOrders(store, { checkout, gate: hot.gate(), subscribers, ...(announce && { announce }) })
  const cached = cache && { cache, ttlMs: settings.cacheTtlMs }
  const carts = makeCarts(store, { products, orders, ...(cached && { cached }) })
  const overviews = { allOrders: makeAllOrders(store), sales: makeSales(store) }
  return { orders, here: { orders, carts, bestsellers, subscribers, ...overviews, ...(live && { live }) } }
}

function paymentsHere({ config, stores, work }: Parts, { orders }: Modules): Modules['payments'] {
  if (!config.bankUrl) throw new Error('payments need a bank')
  const parts = { claims: claimsOf(stores, orders), bank: bankClient(config.bankUrl) }
  const payments = makePayments(storeOf(stores, 'payments'), parts)
  if (config.settings.sweep === 'on') work(payments.sweeping)
  return { here: { payments } }
}

/** Two commits less where one store holds both. */
function claimsOf(stores: Stores, { orders, here }: Modules['orders']): Claims {
  const store = storeOf(stores, 'payments')
  const apart = claimsApart(store, orders)
  return here && stores.orders === store ? claimTransaction(store, { apart, subscribers: here.subscribers }) : apart
}
