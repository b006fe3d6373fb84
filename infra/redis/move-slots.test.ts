import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseRedisUrl } from '../../apps/platform/redis/address.ts'
import type { ClusterRedis } from '../../apps/platform/redis/cluster.ts'
import { together } from '../../apps/platform/redis/keys.ts'
import { connectStateCluster } from '../../apps/platform/redis/redis.ts'
import { redisScript } from '../../apps/platform/redis/script.ts'
import { slotOf } from '../../apps/platform/redis/slot.ts'
import { parseNodes } from './cluster-node.ts'
import { moveSlots } from './move-slots.ts'
import { startTestCluster, type TestCluster } from './test-cluster.ts'

const LIFETIME_MS = 600_000

let cluster: TestCluster
let shop: ClusterRedis
beforeAll(async () => {
  cluster = await startTestCluster({})
  shop = connectStateCluster(parseRedisUrl('test', cluster.url), () => {})
  await cluster.until(async () => shop.status === 'ready')
})
afterAll(async () => {
  shop.close()
  await cluster.stop()
})

const portOf = (name: string) => cluster.nodes.find((node) => node.name === name)?.port ?? 0
const move = (to: string, slots: number) =>
  moveSlots({ ports: cluster.nodes.map(({ port }) => port), login: cluster.lab, toPort: portOf(to), slots })

/** How many slots each node has, as it says itself. */
async function counts(): Promise<number[]> {
  return Promise.all(cluster.nodes.map(async ({ name }) => (await slotsOf(name)).length))
}

async function slotsOf(name: string): Promise<number[]> {
  const text = await cluster.ask(name, (redis) => redis.cluster('NODES'))
  const own = parseNodes(String(text)).find(({ isMyself }) => isMyself)
  return (own?.slots ?? []).flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index))
}

async function keysOf(name: string): Promise<number> {
  return cluster.ask(name, (redis) => redis.dbsize())
}

/** Counts in keys all over the Cluster, by commands, scripts and reads of two keys, until it is told to end. */
function writer() {
  const add = redisScript<number>(shop, "redis.call('INCR', KEYS[2]) return redis.call('INCR', KEYS[1])")
  const counted = new Map<string, number>()
  const failures: unknown[] = []
  let isOver = false
  const write = async (tag: string): Promise<void> => {
    const keys = together(`state:one:{${tag}}`, `state:two:{${tag}}`)
    const told = await add(keys, [])
    counted.set(tag, (counted.get(tag) ?? 0) + 1)
    const [one, two] = await shop.mgetBuffer(keys)
    if (told !== counted.get(tag) || Number(one) !== told || Number(two) !== told) throw new Error(`${tag} counts wrong`)
  }
  const work = async (number: number): Promise<void> => {
    for (let turn = 0; !isOver; turn++) await write(`${number}-${turn % 200}`).catch((error) => failures.push(error))
  }
  const working = Promise.all([1, 2, 3, 4].map(work))
  const end = async () => {
    isOver = true
    await working
    return { counted, failures }
  }
  return { counted, end }
}

test('500 slots go over while they are used: nothing fails, nothing is lost or counted twice', async () => {
  const before = await counts()
  const writing = writer()
  await expect.poll(() => writing.counted.size).toBeGreaterThan(700)
  const { slots, keys } = await move('node-2', 500)
  const { counted, failures } = await writing.end()
  expect(failures).toEqual([])
  expect([slots, keys > 0]).toEqual([500, true])
  const after = await counts()
  expect(after[1]).toBe((before[1] ?? 0) + 500)
  expect(after.reduce((sum, own) => sum + own)).toBe(16_384)
  for (const [tag, times] of counted) expect(await shop.get(`state:one:{${tag}}`)).toBe(String(times))
  const kept = await Promise.all(cluster.nodes.map(({ name }) => keysOf(name)))
  expect(kept.reduce((sum, own) => sum + own)).toBe(2 * counted.size)
})

test('a move that was cut off is ended by the next, and what it had sent is not lost', async () => {
  const [from, to] = ['node-1', 'node-3']
  const slot = slotOf('state:half:{7}')
  const names = ['a', 'b', 'c'].map((rest) => `state:half:{7}:${rest}`)
  for (const name of names) await shop.set(name, name, 'PX', LIFETIME_MS)
  const owner = (await Promise.all([from, to, 'node-2'].map(async (name) => ((await hasSlot(name, slot)) ? name : '')))).join('')
  const target = owner === to ? from : to
  const setSlot = (name: string, how: string, other: string) =>
    cluster.ask(name, (redis) => redis.call('CLUSTER', 'SETSLOT', slot, how, cluster.idOf(other)))
  await setSlot(target, 'IMPORTING', owner)
  await setSlot(owner, 'MIGRATING', target)
  const send = ['', 0, 1_000, 'AUTH2', cluster.lab.user, cluster.lab.password, 'KEYS', names[0] ?? '']
  await cluster.ask(owner, (redis) => redis.call('MIGRATE', '127.0.0.1', portOf(target), ...send))
  // Of a slot on its way neither server answers alone.
  expect(await Promise.all(names.map((name) => shop.get(name)))).toEqual(names)
  expect(shop.serverOf(names[0] ?? '')).toBeUndefined()
  await move(target, 1)
  expect(await hasSlot(target, slot)).toBe(true)
  expect(await Promise.all(names.map((name) => shop.get(name)))).toEqual(names)
})

test.each([
  ['its keys were on their way', []],
  ['its new master was told, and its old one was not', ['NODE']],
])('the slot at which a move was cut off is not taken a second time: %s', async (_, steps) => {
  const [owner, target] = ['node-1', 'node-2']
  // The next to be taken.
  const slot = (await slotsOf(owner)).at(-1) ?? 0
  const setSlot = (name: string, how: string, other: string) =>
    cluster.ask(name, (redis) => redis.call('CLUSTER', 'SETSLOT', slot, how, cluster.idOf(other)))
  await setSlot(target, 'IMPORTING', owner)
  await setSlot(owner, 'MIGRATING', target)
  for (const step of steps) await setSlot(target, step, target)
  expect((await move(target, 100)).slots).toBe(100)
  expect(await slotsOf(target)).toContain(slot)
  await expect.poll(() => slotsOf(owner)).not.toContain(slot)
})

test('what cannot be moved is refused in one line, and stays', async () => {
  const before = await counts()
  await expect(move('node-2', 16_384)).rejects.toThrow(/^16384 slots cannot be moved to port \d+: the others have \d+$/)
  await expect(move('node-2', 0)).rejects.toThrow('0 slots cannot be moved')
  await expect(move('node-9', 1)).rejects.toThrow('no node of the Cluster is at port 0')
  cluster.signal('node-3', 'SIGKILL')
  await cluster.until(() => move('node-2', 1).then(notRefused, ({ message }) => message.includes('does not answer')))
  cluster.restart('node-3')
  await expect.poll(counts).toEqual(before)
})

function notRefused(): never {
  throw new Error('it was moved')
}

async function hasSlot(name: string, slot: number): Promise<boolean> {
  return (await slotsOf(name)).includes(slot)
}
