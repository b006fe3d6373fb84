import {
  ALL_MODULES,
  app,
  bank,
  buckets,
  failover,
  host,
  loadBalancer,
  mysql,
  redisCluster,
  stage,
} from '../infra/stage/topology.ts'

const cards = bank('bank')
const primary = mysql('primary')
const replicas = [mysql('replica-1', { replicaOf: primary }), mysql('replica-2', { replicaOf: primary })]
const catalogue = failover('keeper', { primary, replicas })
const shards = ['shard-1', 'shard-2', 'shard-3', 'shard-4']
const cache = redisCluster('cache', { masters: 3 })
const state = redisCluster('state', { masters: 3, replicas: 1 })

export default stage('5-sharded', {
  adds: 'Customers are cut into 64 buckets over four servers, and Redis into slots; checkout gives up its one transaction.',
  settings: {
    sessions: 'redis',
    cache: 'redis',
    hotKeys: 'on',
    limits: 'redis',
    hotData: 'redis',
    views: 'write-behind',
    checkout: 'saga',
    cacheTtlMs: 300_000,
  },
  entry(settings, resharded) {
    const on = resharded(shards.slice(0, settings.shards))
    const people = buckets('people', { count: 64, on, replicas: settings.shardReplicas })
    const data = { products: catalogue, users: people, orders: people, payments: people }
    const shop = app('app', { copies: 4, worker: host('worker'), modules: ALL_MODULES, data, cache, state, bank: cards })
    return loadBalancer('edge', { to: shop })
  },
})
