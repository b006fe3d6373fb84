import { describe, expect, test } from 'vitest'
import type { AppProgram } from './app-programs.ts'
import { type Plan, planOf } from './plan.ts'
import { ALL_MODULES, app, bank, buckets, mysql, stage } from './topology.ts'

const portBase = 4_000

describe('buckets over servers', () => {
  const shards = (count: number) => Array.from({ length: count }, (_, index) => `shard-${index + 1}`)
  const cutBy = (on: readonly string[], replicas: number) => {
    const people = buckets('people', { count: 64, on, replicas })
    const data = { products: mysql('catalogue'), users: people, orders: people, payments: people }
    return app('app', { modules: ALL_MODULES, data, bank: bank('bank') })
  }
  const settings = { sessions: 'mysql', cache: 'none', checkout: 'transaction', shards: 3 } as const
  const page = stage('5-test', {
    adds: '',
    settings,
    entry: ({ shards: count, shardReplicas }, resharded) => cutBy(resharded(shards(count)), shardReplicas),
  })
  const portsIn = (plan: Plan) => Object.fromEntries(plan.programs.map(({ name, port }) => [name, port]))

  test('they are no host of their own, and their servers know of whose store they are', () => {
    const { programs } = planOf(page, { portBase })
    expect(programs.map(({ name }) => name)).toEqual(['catalogue', 'shard-1', 'shard-2', 'shard-3', 'bank', 'app-1'])
    const spread = programs.flatMap((program) => (program.kind === 'mysql' ? [program.bucketsOf] : []))
    expect(spread).toEqual([undefined, 'people', 'people', 'people'])
  })

  test('an app is told of all servers, and waits for them', () => {
    const found = planOf(page, { portBase }).programs.find(({ kind }) => kind === 'app') as AppProgram
    const people = { name: 'people', servers: ['shard-1', 'shard-2', 'shard-3'], buckets: 64 }
    const products = { name: 'catalogue', servers: ['catalogue'] }
    expect(found.data).toEqual({ users: people, products, orders: people, payments: people })
    expect(found.after).toEqual(['catalogue', 'shard-1', 'shard-2', 'shard-3', 'bank'])
  })

  test('servers that are left out are not started', () => {
    const { programs } = planOf(page, { portBase, set: ['shards=1'] })
    expect(programs.filter(({ kind }) => kind === 'mysql').map(({ name }) => name)).toEqual(['catalogue', 'shard-1'])
  })

  test('what was added or removed since is the only difference: all others keep their ports', () => {
    const before = portsIn(planOf(page, { portBase }))
    const now = portsIn(planOf(page, { portBase, resharding: { added: ['shard-5'], removed: ['shard-2'] } }))
    const { 'shard-5': added, ...kept } = now
    const { 'shard-2': removed, ...others } = before
    expect(kept).toEqual(others)
    expect([added, removed]).toEqual([4_506, 4_503])
  })

  test('a shard that was added has a name of its own', () => {
    const added = (name: string) => planOf(page, { portBase, resharding: { added: [name], removed: [] } })
    expect(() => added('catalogue')).toThrow('stage 5-test has two programs called catalogue')
    expect(added('shard-1')).toEqual(planOf(page, { portBase }))
  })

  test('with replicas each is a group, and one keeper watches over all groups', () => {
    const { programs } = planOf(page, { portBase, set: ['shards=2', 'shardReplicas=1'] })
    const names = ['shard-1a', 'shard-1b', 'shard-2a', 'shard-2b']
    expect(programs.map(({ name }) => name)).toEqual(['catalogue', ...names, 'people-keeper', 'bank', 'app-1'])
    const member = { kind: 'mysql', bucketsOf: 'people', shard: 'shard-2', failover: 'people-keeper' }
    expect(programs.find(({ name }) => name === 'shard-2b')).toMatchObject({ ...member, replicaOf: 'shard-2a' })
    expect(programs.find(({ kind }) => kind === 'failover')).toMatchObject({
      after: names,
      groups: [
        { name: 'shard-1', databases: ['shard-1a', 'shard-1b'] },
        { name: 'shard-2', databases: ['shard-2a', 'shard-2b'] },
      ],
    })
    const shop = programs.find(({ kind }) => kind === 'app') as AppProgram
    expect(shop.data.users).toEqual({ name: 'people', servers: names, failover: 'people-keeper', buckets: 64 })
    expect(shop.after).toEqual(['catalogue', ...names, 'people-keeper', 'bank'])
  })
})
