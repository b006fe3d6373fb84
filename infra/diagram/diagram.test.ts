import { describe, expect, test } from 'vitest'
import { loadStage, stageNames } from '../stage/catalogue.ts'
import { type Plan, type Program, planOf } from '../stage/plan.ts'
import { ALL_MODULES, app, bank, failover, loadBalancer, mysql, redis, redisCluster, stage } from '../stage/topology.ts'
import { diagramOf, planDiagram } from './diagram.ts'

const MOST_COLUMNS = 76

test('stage 1: the shop and its database inside one host, the bank outside', async () => {
  expect(diagramOf(await loadStage('1'))).toMatchInlineSnapshot(`
    "    clients
           │
    ┌──────│──────┐
    │      ▼      │
    │  ┌───────┐  │
    │  │ app-1 │  │
    │  │ Node  │  │
    │  └───┬───┘  │
    │      ├──────│────────┐
    │      ▼      │        ▼
    │  ┌───────┐  │   ┌╌╌╌╌╌╌╌╌╌┐
    │  │  db   │  │   ╎  bank   ╎
    │  │ MySQL │  │   ╎ outside ╎
    │  └───────┘  │   └╌╌╌╌╌╌╌╌╌┘
    └─ host node ─┘"
  `)
})

test('stage 2: two hosts', async () => {
  expect(diagramOf(await loadStage('2'))).toMatchInlineSnapshot(`
    "        clients
               ▼
           ┌───────┐
           │ app-1 │
           │ Node  │
           └───┬───┘
        ┌──────┴─────┐
        ▼            ▼
    ┌───────┐   ┌╌╌╌╌╌╌╌╌╌┐
    │  db   │   ╎  bank   ╎
    │ MySQL │   ╎ outside ╎
    └───────┘   └╌╌╌╌╌╌╌╌╌┘"
  `)
})

test('stage 3: three copies side by side behind the balancer', async () => {
  expect(diagramOf(await loadStage('3'))).toMatchInlineSnapshot(`
    "             clients
                    ▼
               ┌─────────┐
               │  edge   │
               │ HAProxy │
               └────┬────┘
        ┌───────────┼───────────┐
        ▼           ▼           ▼
    ┌───────┐   ┌───────┐   ┌───────┐
    │ app-1 │   │ app-2 │   │ app-3 │
    │ Node  │   │ Node  │   │ Node  │
    └───┬───┘   └───┬───┘   └───┬───┘
        └────┬──────┴─────┬─────┘
             ▼            ▼
         ┌───────┐   ┌╌╌╌╌╌╌╌╌╌┐
         │  db   │   ╎  bank   ╎
         │ MySQL │   ╎ outside ╎
         └───────┘   └╌╌╌╌╌╌╌╌╌┘"
  `)
})

test.each(stageNames())('%s: every program and every shared host is in the picture', async (name) => {
  const stage = await loadStage(name)
  const picture = diagramOf(stage)
  const plan = planOf(stage, { portBase: 0 })
  for (const program of plan.programs)
    expect(picture.split(new RegExp(`(?<![\\w-])${program.name}\\b`)), program.name).toHaveLength(2)
  for (const host of plan.hosts.filter(({ programs }) => programs.length > 1)) expect(picture).toContain(` host ${host.name} `)
  expectTidy(picture)
})

test('servers that replace one another stand in one stack with who watches them', () => {
  const cards = bank('bank')
  const primary = mysql('primary')
  const replicas = [mysql('replica-1', { replicaOf: primary })]
  const state = redis('state', { role: 'state', replicas: 1, sentinels: 3 })
  const data = failover('keeper', { primary, replicas })
  const cache = redis('cache', { role: 'cache' })
  const shop = app('app', { copies: 2, modules: ALL_MODULES, data, cache, state, bank: cards })
  const settings = { sessions: 'redis', cache: 'redis', checkout: 'transaction' } as const
  const picture = diagramOf(stage('4-test', { adds: '', settings, entry: loadBalancer('edge', { to: shop }) }))
  expect(picture).toMatchInlineSnapshot(`
    "                         clients
                                ▼
                           ┌─────────┐
                           │  edge   │
                           │ HAProxy │
                           └────┬────┘
                          ┌─────┴─────┐
                          ▼           ▼
                      ┌───────┐   ┌───────┐
                      │ app-1 │   │ app-2 │
                      │ Node  │   │ Node  │
                      └───┬───┘   └───┬───┘
          ┌─────────────┬─┴───────────┴┬───────────────┐
          ▼             ▼              ▼               ▼
    ┌───────────┐   ┌───────┐   ┌─────────────┐   ┌╌╌╌╌╌╌╌╌╌┐
    │  primary  │   │ cache │   │   state-1   │   ╎  bank   ╎
    │   MySQL   │   │ Redis │   │    Redis    │   ╎ outside ╎
    ├───────────┤   └───────┘   ├─────────────┤   └╌╌╌╌╌╌╌╌╌┘
    │ replica-1 │               │   state-2   │
    │   MySQL   │               │    Redis    │
    ├───────────┤               ├─────────────┤
    │  keeper   │               │ sentinel-1  │
    │ failover  │               │  Sentinel   │
    └───────────┘               ├─────────────┤
                                │ sentinel-2  │
                                │  Sentinel   │
                                ├─────────────┤
                                │ sentinel-3  │
                                │  Sentinel   │
                                └─────────────┘"
  `)
  expectTidy(picture)
})

test('of a Cluster those stand in one stack that replace one another', () => {
  const state = redisCluster('state', { masters: 3, replicas: 1 })
  const shop = app('app', { modules: ALL_MODULES, data: mysql('db'), state, bank: bank('bank') })
  const settings = { sessions: 'redis', cache: 'none', checkout: 'transaction' } as const
  const picture = diagramOf(stage('5-test', { adds: '', settings, entry: shop }))
  expect(picture).toMatchInlineSnapshot(`
    "                             clients
                                    ▼
                                ┌───────┐
                                │ app-1 │
                                │ Node  │
                                └───┬───┘
        ┌────────────┬─────────────┬┴────────────┬─────────────┐
        ▼            ▼             ▼             ▼             ▼
    ┌───────┐   ┌─────────┐   ┌─────────┐   ┌─────────┐   ┌╌╌╌╌╌╌╌╌╌┐
    │  db   │   │ state-1 │   │ state-2 │   │ state-3 │   ╎  bank   ╎
    │ MySQL │   │  Redis  │   │  Redis  │   │  Redis  │   ╎ outside ╎
    └───────┘   ├─────────┤   ├─────────┤   ├─────────┤   └╌╌╌╌╌╌╌╌╌┘
                │ state-4 │   │ state-5 │   │ state-6 │
                │  Redis  │   │  Redis  │   │  Redis  │
                └─────────┘   └─────────┘   └─────────┘"
  `)
  expectTidy(picture)
})

describe('larger plans', () => {
  test('a worker stands beside the apps that it works for, and nobody asks it', () => {
    const stores = [program('mysql', 'db'), program('bank', 'bank')]
    const apps = [1, 2].map((copy) => program('app', `app-${copy}`, stores))
    const all = [...stores, ...apps, program('worker', 'worker', stores), program('haproxy', 'edge', apps)]
    const picture = planDiagram(planWith(all))
    expect(picture).toMatchInlineSnapshot(`
      "              clients
                       ▼
                  ┌─────────┐
                  │  edge   │
                  │ HAProxy │
                  └────┬────┘
          ┌───────────┬┘
          ▼           ▼
      ┌───────┐   ┌───────┐   ┌─────────┐
      │ app-1 │   │ app-2 │   │ worker  │
      │ Node  │   │ Node  │   │  Node   │
      └───┬───┘   └───┬───┘   └────┬────┘
          └─────┬─────┴──────┬─────┘
                ▼            ▼
            ┌───────┐   ┌╌╌╌╌╌╌╌╌╌┐
            │  db   │   ╎  bank   ╎
            │ MySQL │   ╎ outside ╎
            └───────┘   └╌╌╌╌╌╌╌╌╌┘"
    `)
    expectTidy(picture)
  })

  test('a row too wide goes on in the next one, and its arrows pass', () => {
    const databases = ['primary', 'replica-1', 'replica-2', 'cache', 'state'].map((name) => program('mysql', name))
    const stores = [...databases, program('bank', 'bank')]
    const shops = [1, 2, 3].map((copy) => program('app', `shop-${copy}`, stores))
    const picture = planDiagram(planWith([...stores, ...shops, program('haproxy', 'edge', shops)]))
    expect(picture).toMatchInlineSnapshot(`
      "                    clients
                             ▼
                        ┌─────────┐
                        │  edge   │
                        │ HAProxy │
                        └────┬────┘
               ┌─────────────┼─────────────┐
               ▼             ▼             ▼
          ┌─────────┐   ┌─────────┐   ┌─────────┐
          │ shop-1  │   │ shop-2  │   │ shop-3  │
          │  Node   │   │  Node   │   │  Node   │
          └────┬────┘   └────┬────┘   └────┬────┘
           ┌───┴──────────┬──┴──────┬──────┴──┐
           ▼              ▼         │         ▼
      ┌─────────┐   ┌───────────┐   │   ┌───────────┐
      │ primary │   │ replica-1 │   │   │ replica-2 │
      │  MySQL  │   │   MySQL   │   │   │   MySQL   │
      └─────────┘   └───────────┘   │   └───────────┘
                ┌───────────┬───────┴────┐
                ▼           ▼            ▼
            ┌───────┐   ┌───────┐   ┌╌╌╌╌╌╌╌╌╌┐
            │ cache │   │ state │   ╎  bank   ╎
            │ MySQL │   │ MySQL │   ╎ outside ╎
            └───────┘   └───────┘   └╌╌╌╌╌╌╌╌╌┘"
    `)
    expectTidy(picture)
  })

  test('servers that have the buckets of one store between them stand in one stack', () => {
    const shards = [1, 2].map((number) => ({ ...program('mysql', `shard-${number}`), bucketsOf: 'people' }) as Program)
    const catalogue = program('mysql', 'catalogue')
    const picture = planDiagram(planWith([...shards, catalogue, program('app', 'app-1', [...shards, catalogue])]))
    expect(picture).toMatch(/shard-1[\s\S]*MySQL buckets[\s\S]*├─+┤[\s\S]*shard-2/)
    // To the app, to the stack and to the catalogue.
    expect(picture.match(/▼/g)).toHaveLength(3)
    expectTidy(picture)
  })

  test('services that call one another and their databases stay within the page', () => {
    const own = (name: string) => program('mysql', `${name}-db`)
    const [users, products, orders] = [own('users'), own('products'), own('orders')]
    const bank = program('bank', 'bank')
    const catalogue = [1, 2].map((copy) => program('app', `products-${copy}`, [products]))
    const services = [program('app', 'users-1', [users]), ...catalogue, program('app', 'orders-1', [orders, ...catalogue, bank])]
    const all = [users, products, orders, bank, ...services, program('haproxy', 'gateway', services)]
    const picture = planDiagram(planWith(all))
    for (const { name } of all) expect(picture).toContain(name)
    expectTidy(picture)
  })
})

/** An arrow for everything below something, no line that ends in the air. */
function expectTidy(picture: string): void {
  expect(picture).not.toMatch(/[╵╶╷╴]| $/m)
  for (const line of picture.split('\n')) expect(line.length, line).toBeLessThanOrEqual(MOST_COLUMNS)
}

function program(kind: Program['kind'], name: string, after: readonly Program[] = []): Program {
  return { kind, name, host: name, port: 1, after: after.map((other) => other.name) } as unknown as Program
}

function planWith(programs: readonly Program[]): Plan {
  const hosts = programs.map(({ name, kind }) => ({ name, sized: kind !== 'bank', programs: [name] }))
  return { programs, hosts, name: '9-test', stage: 9, url: '', settings: {} } as unknown as Plan
}
