import { describe, expect, test } from 'vitest'
import single from '../../stages/1-single-node.ts'
import split from '../../stages/2-split-database.ts'
import balanced from '../../stages/3-load-balanced.ts'
import replicated from '../../stages/4-primary-replica-redis.ts'
import type { AppProgram } from './app-programs.ts'
import { planOf } from './plan.ts'
import { ALL_MODULES, app, bank, failover, host, loadBalancer, mysql, redis, redisCluster, stage } from './topology.ts'

const portBase = 4_000
const hosts = (stage: typeof single) => planOf(stage, { portBase }).hosts.map(({ name, programs }) => [name, programs])

test('stage 1 puts the shop and its database on one host', () => {
  expect(hosts(single)).toEqual([
    ['node', ['db', 'app-1']],
    ['bank', ['bank']],
  ])
})

test('stage 2 gives the database a host of its own', () => {
  expect(hosts(split)).toEqual([
    ['db', ['db']],
    ['bank', ['bank']],
    ['app-1', ['app-1']],
  ])
})

test('stage 3 puts three apps behind a balancer, which listens at the entry', () => {
  const plan = planOf(balanced, { portBase })
  expect(plan.url).toBe('http://127.0.0.1:4003')
  expect(plan.programs.map(({ name, port, after }) => [name, port, after])).toEqual([
    ['db', 4301, []],
    ['bank', 4302, []],
    ['app-1', 4303, ['db', 'bank']],
    ['app-2', 4304, ['db', 'bank']],
    ['app-3', 4305, ['db', 'bank']],
    ['edge', 4003, ['app-1', 'app-2', 'app-3']],
  ])
})

test('the bank belongs to somebody else and has no size', () => {
  expect(planOf(split, { portBase }).hosts.filter(({ sized }) => !sized)).toEqual([
    { name: 'bank', sized: false, programs: ['bank'] },
  ])
})

test('an app knows whether a balancer stands in front of it', () => {
  const behind = (stage: typeof single) =>
    planOf(stage, { portBase }).programs.flatMap((program) => (program.kind === 'app' ? [program.behindProxy] : []))
  expect(behind(single)).toEqual([false])
  expect(behind(balanced)).toEqual([true, true, true])
})

test.each([
  ['sessions=redis', 'state'],
  ['limits=redis', 'state'],
  ['cache=redis', 'cache'],
  ['hotData=redis', 'cache'],
])('a stage without Redis refuses %s', (pair, role) => {
  expect(() => planOf(balanced, { portBase, set: [pair] })).toThrow(
    `stage 3-load-balanced has no Redis for ${role}, which ${pair} needs`,
  )
  expect(() => planOf(replicated, { portBase, set: [pair] })).not.toThrow()
})

describe('what replaces one another', () => {
  const primary = mysql('primary')
  const replicas = [mysql('replica-1', { replicaOf: primary })]
  const data = failover('keeper', { primary, replicas })
  const cache = redis('cache', { role: 'cache' })
  const state = redis('state', { role: 'state', replicas: 1, sentinels: 3 })
  const entry = app('app', { modules: ALL_MODULES, data, cache, state, bank: bank('bank') })
  const settings = { sessions: 'redis', cache: 'redis', checkout: 'transaction' } as const
  const { programs, hosts: placed } = planOf(stage('4-test', { adds: '', settings, entry }), { portBase })
  const named = (name: string) => programs.find((program) => program.name === name)

  test('each server and each watcher is a host of its own', () => {
    const names = [
      'primary',
      'replica-1',
      'keeper',
      'cache',
      'state-1',
      'state-2',
      'sentinel-1',
      'sentinel-2',
      'sentinel-3',
      'bank',
      'app-1',
    ]
    expect(placed.map(({ name }) => name)).toEqual(names)
  })

  test('a worker needs what its apps need, and answers nobody', () => {
    const worked = app('app', {
      copies: 2,
      worker: host('worker'),
      modules: ALL_MODULES,
      data,
      state,
      bank: bank('bank'),
    })
    const settings = { sessions: 'redis', cache: 'none', checkout: 'transaction' } as const
    const plan = planOf(stage('4-test', { adds: '', settings, entry: loadBalancer('edge', { to: worked }) }), { portBase })
    const find = (name: string) => plan.programs.find((program) => program.name === name)
    const { kind, host: place, modules, hasWorker, after, data: stores } = { ...(find('worker') as AppProgram) }
    const [first, edge] = [find('app-1') as AppProgram, find('edge')]
    expect({ kind, place, modules, hasWorker }).toEqual({
      kind: 'worker',
      place: 'worker',
      modules: ALL_MODULES,
      hasWorker: false,
    })
    expect([after, stores]).toEqual([first.after, first.data])
    expect(first.hasWorker).toBe(true)
    expect(edge).toMatchObject({ to: ['app-1', 'app-2'] })
  })

  test('a database knows who watches it', () => {
    expect(named('primary')).toMatchObject({ kind: 'mysql', failover: 'keeper' })
    expect(named('replica-1')).toMatchObject({ kind: 'mysql', failover: 'keeper', replicaOf: 'primary' })
    expect(named('keeper')).toMatchObject({
      kind: 'failover',
      groups: [{ name: 'keeper', databases: ['primary', 'replica-1'] }],
      after: ['primary', 'replica-1'],
    })
  })

  test('two of three Sentinels must agree; they start when all servers are there', () => {
    expect(named('state-2')).toMatchObject({ kind: 'redis', role: 'state', group: 'state', after: [] })
    expect(named('sentinel-3')).toMatchObject({ kind: 'sentinel', group: 'state', quorum: 2, after: ['state-1', 'state-2'] })
  })

  test('an app is told of the Sentinels, and of the one server that none watches', () => {
    expect(named('app-1')).toMatchObject({
      data: { orders: { name: 'keeper', servers: ['primary', 'replica-1'], failover: 'keeper' } },
      cache: { group: 'cache', servers: ['cache'], sentinels: [] },
      state: { group: 'state', servers: ['state-1', 'state-2'], sentinels: ['sentinel-1', 'sentinel-2', 'sentinel-3'] },
    })
  })
})

describe('Redis Clusters', () => {
  const cluster = {
    cache: redisCluster('cache', { masters: 3 }),
    state: redisCluster('state', { masters: 3, replicas: 1 }),
  }
  const rest = { modules: ALL_MODULES, data: mysql('db'), bank: bank('bank') }
  const settings = { sessions: 'redis', cache: 'redis', hotData: 'redis', checkout: 'transaction' } as const
  const edge = loadBalancer('edge', { to: app('app', { ...rest, ...cluster }) })
  const { programs } = planOf(stage('5-test', { adds: '', settings, entry: edge }), { portBase })
  const nodes = programs.flatMap((program) => (program.kind === 'redis' ? [program] : []))

  test('each server is a host of its own; those of one number replace one another', () => {
    const placed = nodes.map(({ name, host, role, cluster: place, after }) => [name, host, role, place?.shard, after.length])
    expect(placed).toEqual([
      ...[1, 2, 3].map((shard) => [`cache-${shard}`, `cache-${shard}`, 'cache', shard, 0]),
      ...[1, 2, 3].map((shard) => [`state-${shard}`, `state-${shard}`, 'state', shard, 0]),
      ...[1, 2, 3].map((shard) => [`state-${shard + 3}`, `state-${shard + 3}`, 'state', shard, 0]),
    ])
  })

  test('they speak to each other inside the stage’s own block, on ports that nobody else has', () => {
    const ports = [...programs.map(({ port }) => port), ...nodes.map(({ cluster: place }) => place?.busPort ?? 0)]
    expect(new Set(ports).size).toBe(programs.length + nodes.length)
    expect(ports.filter((port) => port !== 4005).every((port) => port > 4_500 && port < 4_600)).toBe(true)
  })

  test('an app is told of all of them', () => {
    expect(programs.find(({ name }) => name === 'app-1')).toMatchObject({
      cache: { group: 'cache', servers: ['cache-1', 'cache-2', 'cache-3'], sentinels: [], isCluster: true },
      state: { group: 'state', servers: [1, 2, 3, 4, 5, 6].map((number) => `state-${number}`), isCluster: true },
    })
  })
})

test('a page may choose its boxes by a setting', () => {
  const copiesFor = (copies: number) => app('app', { copies, modules: ALL_MODULES, data: mysql('db'), bank: bank('bank') })
  const settings = { sessions: 'mysql', cache: 'none', checkout: 'transaction' } as const
  const page = stage('3-test', { adds: '', settings, entry: ({ ordersPerMinute }) => copiesFor(ordersPerMinute) })
  const namesFor = (set: string[]) => planOf(page, { portBase, set }).programs.map(({ name }) => name)
  expect(namesFor(['ordersPerMinute=2'])).toEqual(['db', 'bank', 'app-1', 'app-2'])
  expect(namesFor(['ordersPerMinute=1'])).toEqual(['db', 'bank', 'app-1'])
})

test('arrows in a circle are told with the boxes on their way', () => {
  const [first, second] = [mysql('one'), mysql('two')]
  const circle = Object.assign(first, { replicaOf: Object.assign(second, { replicaOf: first }) })
  const shop = app('app', { modules: ALL_MODULES, data: circle, bank: bank('bank') })
  const page = stage('9-circle', { adds: 'A circle.', settings: single.settings, entry: shop })
  expect(() => planOf(page, { portBase: 4000 })).toThrow('the arrows go in a circle: one → two → one')
})

test('a second group whose Sentinels have the names of the first is refused', () => {
  const group = (name: string) => redis(name, { role: 'state', replicas: 1, sentinels: 3 })
  const rest = { modules: ALL_MODULES, data: mysql('db'), bank: bank('bank') }
  const shop = app('app', { ...rest, cache: group('one'), state: group('other') })
  const page = stage('9-twice', { adds: 'Two groups.', settings: single.settings, entry: shop })
  expect(() => planOf(page, { portBase: 4000 })).toThrow('stage 9-twice has two programs called sentinel-1')
})
