import { ALL_MODULES, app, bank, failover, host, loadBalancer, mysql, redis, stage } from '../infra/stage/topology.ts'

const cards = bank('bank')
const primary = mysql('primary')
const replicas = [mysql('replica-1', { replicaOf: primary }), mysql('replica-2', { replicaOf: primary })]
const keeper = failover('keeper', { primary, replicas })
const cache = redis('cache', { role: 'cache' })
const state = redis('state', { role: 'state', replicas: 1, sentinels: 3 })
const shop = app('app', { copies: 3, worker: host('worker'), modules: ALL_MODULES, data: keeper, cache, state, bank: cards })

export default stage('4-primary-replica-redis', {
  adds: 'Reads leave the primary for two replicas; sessions, limits and hot products leave MySQL for Redis.',
  settings: {
    sessions: 'redis',
    cache: 'redis',
    limits: 'redis',
    hotData: 'redis',
    views: 'write-behind',
    checkout: 'transaction',
    cacheTtlMs: 300_000,
  },
  entry: loadBalancer('edge', { to: shop }),
})
