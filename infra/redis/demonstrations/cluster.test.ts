import type { Redis } from 'ioredis'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { freePort } from '../../process/free-port.ts'
import { numberIn, type PlainRedis, startPlainRedis } from './plain-redis.ts'

type Node = { readonly server: PlainRedis; readonly redis: Redis; readonly id: string; readonly busPort: number }
const SLOTS = 16_384
const POLL = { interval: 50, timeout: 20_000 }

let [first, second, third]: Node[] = []
beforeAll(async () => {
  const nodes = await Promise.all([startNode(), startNode(), startNode()])
  ;[first, second, third] = nodes
  await call(first, 'CLUSTER', 'ADDSLOTSRANGE', 0, SLOTS - 1)
  for (const { server, busPort } of nodes.slice(1)) await call(first, 'CLUSTER', 'MEET', '127.0.0.1', server.port, busPort)
  const whole = { nodes: 3, slots: SLOTS, state: 'ok' }
  for (const node of nodes) await vi.waitFor(async () => expect(await known(node)).toEqual(whole), POLL)
  return () => Promise.all(nodes.map(({ server }) => server.stop()))
})

async function startNode(): Promise<Node> {
  const busPort = await freePort()
  const server = await startPlainRedis('cluster-enabled yes', `cluster-port ${busPort}`, 'repl-diskless-sync-delay 0', 'save ""')
  const redis = server.connect()
  return { server, redis, busPort, id: String(await redis.call('CLUSTER', 'MYID')) }
}

function call(node: Node | undefined, command: string, ...args: (string | number)[]): Promise<unknown> {
  if (!node) throw new Error('the cluster has not started')
  return node.redis.call(command, ...args)
}

async function known(node: Node) {
  const info = String(await call(node, 'CLUSTER', 'INFO'))
  const [, state] = /cluster_state:(\w+)/.exec(info) ?? []
  return { nodes: numberIn(info, 'cluster_known_nodes'), slots: numberIn(info, 'cluster_slots_assigned'), state }
}

/** As the node itself says. */
async function slotsOf(node: Node | undefined): Promise<string[]> {
  const nodes = String(await call(node, 'CLUSTER', 'NODES')).split('\n')
  return (
    nodes
      .find((line) => line.includes('myself'))
      ?.split(' ')
      .slice(8) ?? []
  )
}

describe('hash tags (R2)', () => {
  const slotOf = (key: string) => call(first, 'CLUSTER', 'KEYSLOT', key)

  test('of user:{42}:profile the slot is that of 42, what is between the braces, and not of user:42', async () => {
    expect(await slotOf('user:{42}:profile')).toBe(8_000)
    expect(await slotOf('42')).toBe(8_000)
    expect(await slotOf('user:42')).toBe(15_880)
  })

  test('keys with one tag share a slot, so that one command may have both; without a tag it is refused', async () => {
    expect(await slotOf('user:{42}:settings')).toBe(await slotOf('user:{42}:profile'))
    expect(await call(first, 'MSET', 'user:{42}:profile', 'Ada', 'user:{42}:settings', 'dark')).toBe('OK')
    await expect(call(first, 'MSET', 'user:42:profile', 'Ada', 'user:42:settings', 'dark')).rejects.toThrow('CROSSSLOT')
  })
})

describe('a copy of a cluster in another region (R15)', () => {
  test('REPLICAOF is refused in cluster mode', async () => {
    await expect(call(third, 'REPLICAOF', '127.0.0.1', first?.server.port ?? 0)).rejects.toThrow('not allowed in cluster mode')
  })

  test('a node replicates a node of its own cluster, by CLUSTER REPLICATE', async () => {
    await call(third, 'CLUSTER', 'REPLICATE', first?.id ?? '')
    await expect.poll(() => third?.redis.info('replication'), POLL).toContain('master_link_status:up')
  })
})

describe('a node that is added to a cluster (R12)', () => {
  const TAGGED = ['user:{42}:profile', 'user:{42}:settings']

  test('gets no slot by itself', async () => {
    expect(await slotsOf(first)).toEqual([`0-${SLOTS - 1}`])
    expect(await slotsOf(second)).toEqual([])
  })

  test('gets each slot when it is moved: announced on both, its keys sent over, and given to its new owner', async () => {
    await call(first, 'MSET', TAGGED[0] ?? '', 'Ada', TAGGED[1] ?? '', 'dark')
    await call(second, 'CLUSTER', 'SETSLOT', 8_000, 'IMPORTING', first?.id ?? '')
    await call(first, 'CLUSTER', 'SETSLOT', 8_000, 'MIGRATING', second?.id ?? '')
    const keys = (await call(first, 'CLUSTER', 'GETKEYSINSLOT', 8_000, 100)) as string[]
    expect(keys.toSorted()).toEqual(TAGGED)
    await call(first, 'MIGRATE', '127.0.0.1', second?.server.port ?? 0, '', 0, 5_000, 'KEYS', ...keys)
    for (const node of [second, first]) await call(node, 'CLUSTER', 'SETSLOT', 8_000, 'NODE', second?.id ?? '')
    expect(await slotsOf(second)).toEqual(['8000'])
    expect(await call(second, 'GET', 'user:{42}:profile')).toBe('Ada')
    await expect(call(first, 'GET', 'user:{42}:profile')).rejects.toThrow(`MOVED 8000 127.0.0.1:${second?.server.port}`)
  })
})
