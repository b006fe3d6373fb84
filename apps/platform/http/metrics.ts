/** What Prometheus scrapes at `GET /metrics`. Times are in seconds, as Prometheus wants them. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import Type from 'typebox'
import { Histogram } from './histogram.ts'
import { exposeLoopDelay, noteWork } from './loop-delay.ts'

export const registry = new Registry()
/** The library's own monitor of the event loop never rests; ours does. */
const NEVER_MS = 2 ** 31 - 1
collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS })
for (const { name } of registry.getMetricsAsArray())
  if (name.startsWith('nodejs_eventloop_lag')) registry.removeSingleMetric(name)
exposeLoopDelay(registry)
/** Up to beyond the edge's patience of 10 s: what it has given up is still under way here. */
const BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60]

const requests = new Histogram(
  {
    name: 'outgrow_http_request_seconds',
    help: 'Time to answer, by route and status; aborted where the client had gone before the answer',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS_S,
  },
  registry,
)
const queries = new Histogram(
  {
    name: 'outgrow_query_seconds',
    help: 'Time of a database query, by database host',
    labelNames: ['database'],
    buckets: BUCKETS_S,
  },
  registry,
)
const poolWaits = new Histogram(
  {
    name: 'outgrow_pool_wait_seconds',
    help: 'Time that a query waited for a free connection, by database host',
    labelNames: ['database'],
    buckets: BUCKETS_S,
  },
  registry,
)
const bucketRequests = new Counter({
  name: 'outgrow_bucket_requests_total',
  help: 'Statements and transactions of one customer’s, by the bucket and the server that had it: who is hot, and what share each server has',
  labelNames: ['bucket', 'server'],
  registers: [registry],
})
const redisCommands = new Histogram(
  {
    name: 'outgrow_redis_seconds',
    help: 'Time of a Redis command that was sent, by Redis; those that got no answer count too',
    labelNames: ['redis'],
    buckets: BUCKETS_S,
  },
  registry,
)
const redisErrors = new Counter({
  name: 'outgrow_redis_errors_total',
  help: 'Redis commands that failed: the server was down (away, full or too slow), or it refused them',
  labelNames: ['redis', 'reason'],
  registers: [registry],
})
const redisCorruptValues = new Counter({
  name: 'outgrow_redis_corrupt_values_total',
  help: 'Values found in Redis that no app has written, by Redis; they count as not there',
  labelNames: ['redis'],
  registers: [registry],
})
const cacheCounts: { readonly cache: string; readonly reads: Readonly<Record<CacheResult, number>> }[] = []
new Counter({
  name: 'outgrow_cache_reads_total',
  help: 'Reads of a cache, by cache and result: hit, or why the value came from a database',
  labelNames: ['cache', 'result'],
  registers: [registry],
  // Counted in plain numbers, as every cached page counts: prom-client hears of them when it is asked.
  collect() {
    this.reset()
    for (const { cache, reads } of cacheCounts)
      for (const result of CACHE_RESULTS) if (reads[result] > 0) this.inc({ cache, result }, reads[result])
  },
})
const cacheFills = new Counter({
  name: 'outgrow_cache_fills_total',
  help: 'Values that were read from a database because no cache had them: fewer than reads that missed, where readers share them',
  labelNames: ['cache'],
  registers: [registry],
})
const freshReads = new Counter({
  name: 'outgrow_fresh_reads_total',
  help: 'Reads that must see what was written before, by what made them: any replica, one known to have it, one that was waited for, the primary',
  labelNames: ['outcome'],
  registers: [registry],
})
const limitChecks = new Counter({
  name: 'outgrow_limit_checks_total',
  help: 'Checks of a rate limit, by limit and by where it was counted (redis, or memory while that is away)',
  labelNames: ['limit', 'counted'],
  registers: [registry],
})
const viewsWaiting = new Gauge({
  name: 'outgrow_views_waiting_users',
  help: 'Users with views in the queue to MySQL, when it was last looked at; told by who writes it',
  registers: [registry],
})
const viewsLag = new Gauge({
  name: 'outgrow_views_lag_seconds',
  help: 'How long the oldest view of the last batch had waited in the queue to MySQL; told by who writes it',
  registers: [registry],
})
// A gauge begins as 0, which would be a claim where a worker does the writing.
for (const gauge of [viewsWaiting, viewsLag]) gauge.remove()
const viewsDropped = new Counter({
  name: 'outgrow_views_dropped_total',
  help: 'Views that were not put into the queue to MySQL, as it was full or Redis down',
  labelNames: ['reason'],
  registers: [registry],
})
const compensations = new Counter({
  name: 'outgrow_checkout_compensations_total',
  help: 'Attempts to give the pieces of an order back to the shelf, by result; what failed is tried again',
  labelNames: ['result'],
  registers: [registry],
})
const betweenSteps = new Histogram(
  {
    name: 'outgrow_checkout_between_steps_seconds',
    help: 'How long the pieces of an order had left the shelf before the order was there: who reads both meanwhile sees one without the other',
    labelNames: [],
    buckets: BUCKETS_S,
  },
  registry,
).of()
const unsettled = new Gauge({
  name: 'outgrow_checkout_unsettled_orders',
  help: 'Orders whose pieces could neither be kept nor given back when it was last tried; told by who sweeps',
  registers: [registry],
})
unsettled.remove()

/** They come to a process at rest too. */
const CHECKS = '/health/'

export function exposeMetrics(app: FastifyInstance, name: string): void {
  registry.setDefaultLabels({ app: name })
  // A response is closed once it was taken, or its client has gone. Fastify's onResponse comes only for the first of the two.
  app.addHook('onSend', (request, reply, payload, done) => {
    const { raw } = reply
    if (!request.url.startsWith(CHECKS)) noteWork()
    if (raw.closed) countRequest(request, reply, 'aborted')
    else raw.on('close', () => countRequest(request, reply, raw.writableFinished ? String(raw.statusCode) : 'aborted'))
    done(null, payload)
  })
  const response = { 200: { description: 'Prometheus text', content: { 'text/plain': { schema: Type.String() } } } }
  app.get('/metrics', { schema: { tags: ['operation'], summary: 'Prometheus metrics', response } }, async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics())
  })
}

function countRequest(request: FastifyRequest, reply: FastifyReply, status: string): void {
  const route = request.routeOptions.url ?? 'none'
  requests.of(request.method, route, status).observe(reply.elapsedTime / 1_000)
}

/** Both in milliseconds. */
export type DatabaseObserver = { queried(milliseconds: number): void; waited(milliseconds: number): void }

/** Looks its series up once, not at every query. */
export function databaseObserver(database: string): DatabaseObserver {
  const query = queries.of(database)
  const poolWait = poolWaits.of(database)
  return {
    queried: (milliseconds) => query.observe(milliseconds / 1_000),
    waited: (milliseconds) => poolWait.observe(milliseconds / 1_000),
  }
}

/** What asks all buckets alike is left out. */
export function countBucketRequest(bucket: string, server: string): void {
  bucketRequests.labels(bucket, server).inc()
}

export type RedisObserver = { answered(milliseconds: number): void; failed(reason: 'down' | 'refused'): void }

export function redisObserver(redis: string): RedisObserver {
  const command = redisCommands.of(redis)
  const errors = { down: redisErrors.labels(redis, 'down'), refused: redisErrors.labels(redis, 'refused') }
  return {
    answered: (milliseconds) => command.observe(milliseconds / 1_000),
    failed: (reason) => errors[reason].inc(),
  }
}

/**
 * `miss`: not there; `stale`: changed since; `corrupt`: not what was stored; `bypass`: there, but Redis may have missed changes;
 * `error`: no answer.
 */
const CACHE_RESULTS = ['hit', 'miss', 'stale', 'corrupt', 'bypass', 'error'] as const
type CacheResult = (typeof CACHE_RESULTS)[number]
export type CacheObserver = { read(result: CacheResult): void; filled(): void }

export function cacheObserver(cache: string): CacheObserver {
  const reads = { hit: 0, miss: 0, stale: 0, corrupt: 0, bypass: 0, error: 0 }
  const fills = cacheFills.labels(cache)
  cacheCounts.push({ cache, reads })
  return {
    read(result) {
      reads[result] += 1
    },
    filled: () => fills.inc(),
  }
}

export function countCorruptValue(redis: string): void {
  redisCorruptValues.labels(redis).inc()
}

export function countLimitCheck(limit: string, counted: 'redis' | 'memory'): void {
  limitChecks.labels(limit, counted).inc()
}

export type FreshReadOutcome = 'any' | 'known' | 'waited' | 'primary'

export function countFreshRead(outcome: FreshReadOutcome): void {
  freshReads.labels(outcome).inc()
}

export function observeViewQueue(users: number, oldestMs: number): void {
  viewsWaiting.set(users)
  viewsLag.set(oldestMs / 1_000)
}

export function countDroppedView(reason: 'full' | 'down'): void {
  viewsDropped.inc({ reason })
}

export function countCompensation(result: 'done' | 'failed'): void {
  compensations.inc({ result })
}

export function observeBetweenSteps(milliseconds: number): void {
  betweenSteps.observe(milliseconds / 1_000)
}

export function observeUnsettledOrders(orders: number): void {
  unsettled.set(orders)
}
