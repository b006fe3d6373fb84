import { app, bank, consumers, gateway, loadBalancer, mysql, redis, stage } from '../infra/stage/topology.ts'

const cards = bank('bank')
const cache = redis('cache', { role: 'cache' })
const state = redis('state', { role: 'state', replicas: 1, sentinels: 3 })
const events = redis('events', { role: 'events', replicas: 1, sentinels: 3 })

export default stage('6-microservices', {
  adds: 'The modules become services behind a gateway, each with a database and copies of its own.',
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
  entry(settings) {
    const users = app('users', { copies: settings.users, modules: ['users'], data: mysql('users-db'), state })
    const products = app('products', {
      copies: settings.products,
      modules: ['products'],
      data: mysql('products-db'),
      cache,
      state,
    })
    const orders = app('orders', {
      copies: settings.orders,
      modules: ['orders'],
      data: mysql('orders-db'),
      calls: [products],
      state,
      events,
    })
    const payments = app('payments', {
      copies: settings.payments,
      modules: ['payments'],
      data: mysql('payments-db'),
      calls: [orders],
      bank: cards,
    })
    const front = gateway('gateway', { copies: settings.gateway, to: [users, products, orders, payments], state })
    const after = consumers('consumers', { copies: 2, data: mysql('consumers-db'), calls: [users], state, events })
    return [loadBalancer('edge', { to: front }), after]
  },
})
