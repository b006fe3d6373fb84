/** What a Cluster costs, and what more masters are good for. */
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { parseRedisUrl } from '../../../apps/platform/redis/address.ts'
import { connectStateCluster } from '../../../apps/platform/redis/redis.ts'
import { slotOf } from '../../../apps/platform/redis/slot.ts'
import { startTestCluster, type TestCluster, type TestClusterOptions } from '../test-cluster.ts'
import { numberIn } from './plain-redis.ts'

const LIFETIME_MS = 600_000

async function startCluster(options: TestClusterOptions): Promise<TestCluster> {
  const cluster = await startTestCluster(options)
  onTestFinished(cluster.stop)
  return cluster
}

/** Its slot is the first master's, however many there are. */
const KEY = keyBelow(5_000)

function keyBelow(slot: number): string {
  for (let number = 0; ; number += 1) if (slotOf(`state:test:${number}`) < slot) return `state:test:${number}`
}

const write = (cluster: TestCluster, value: string) =>
  cluster.ask('node-1', (redis) => redis.set(KEY, value, 'PX', LIFETIME_MS)).catch(({ message }: Error) => message)
const read = (cluster: TestCluster, name: string) =>
  cluster.ask(name, (redis) => redis.get(KEY)).catch(({ message }: Error) => message)

describe('a Cluster that is cut in two (L11)', () => {
  test('takes no writes, and answers no reads, where the minority of the masters is', async () => {
    const cluster = await startCluster({})
    expect(await write(cluster, 'before')).toBe('OK')
    for (const name of ['node-2', 'node-3']) cluster.signal(name, 'SIGSTOP')
    await cluster.until(async () => (await write(cluster, 'alone')).startsWith('CLUSTERDOWN'))
    expect(await read(cluster, 'node-1')).toMatch('CLUSTERDOWN')
    for (const name of ['node-2', 'node-3']) cluster.signal(name, 'SIGCONT')
    await cluster.until(async () => (await write(cluster, 'after')) === 'OK')
  })
})

test('what a master has acknowledged is gone with it where its replica has not heard of it; who has to know asks with WAIT (L12)', async () => {
  const cluster = await startCluster({ replicas: 1 })
  expect(await write(cluster, 'old')).toBe('OK')
  await cluster.until(() => cluster.ask('node-1', async (redis) => (await redis.wait(1, 1_000)) === 1))
  cluster.signal('node-4', 'SIGSTOP')
  const heardBy = await cluster.ask('node-1', async (redis) => {
    // What is on its way to a replica that is only stopped would still arrive.
    await redis.call('CLIENT', 'KILL', 'TYPE', 'replica')
    await redis.set(KEY, 'new', 'PX', LIFETIME_MS)
    return redis.wait(1, 100)
  })
  expect([heardBy, await read(cluster, 'node-1')]).toEqual([0, 'new'])
  cluster.signal('node-1', 'SIGKILL')
  cluster.signal('node-4', 'SIGCONT')
  await cluster.until(() => cluster.isMaster('node-4'))
  await cluster.until(async () => (await read(cluster, 'node-4')) === 'old')
})

const KEYS = 3_000
const READS = 30_000
const AT_ONCE = 64
const lines: string[] = []
afterAll(() => {
  if (lines.length > 0) console.log([`${READS} reads of ${KEYS} keys; of the busiest server:`, ...lines].join('\n'))
})

describe('more masters (L12)', () => {
  test.each([1, 2, 3])('%i share out what is asked for many keys; what is asked for one stays where it is', async (masters) => {
    const cluster = await startCluster({ masters })
    const shop = connectStateCluster(parseRedisUrl('test', cluster.url), () => {})
    onTestFinished(() => shop.close())
    await cluster.until(async () => shop.status === 'ready')
    const keys = Array.from({ length: KEYS }, (_, number) => `state:test:${number}`)
    for (const key of keys) await shop.set(key, key, 'PX', LIFETIME_MS)
    const even = await busiest(cluster, () => readAll(shop, (turn) => keys[turn % KEYS] ?? ''))
    const hot = await busiest(cluster, () => readAll(shop, () => KEY))
    expect(even.reads / READS).toBeCloseTo(1 / masters, 1)
    expect(hot.reads).toBe(READS)
    const bears = Math.round(READS / even.cpuS)
    lines.push(
      `${masters}: ${even.reads} reads, ${Math.round(1e3 * even.cpuS)} ms of CPU, so a CPU bears ${bears} a second; of one key ${hot.reads}`,
    )
  })
})

type Reader = { get(key: string): Promise<string | null> }

async function readAll(shop: Reader, keyOf: (turn: number) => string): Promise<void> {
  let turn = 0
  const work = async () => {
    while (turn < READS) await shop.get(keyOf(turn++))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

/** Of the server that was asked most. */
async function busiest(cluster: TestCluster, work: () => Promise<void>): Promise<{ reads: number; cpuS: number }> {
  const ask = () => Promise.all(cluster.nodes.map(({ name }) => usage(cluster, name)))
  const before = await ask()
  await work()
  const after = await ask()
  const taken = after.map(({ reads, cpuS }, index) => ({
    reads: reads - (before[index]?.reads ?? 0),
    cpuS: cpuS - (before[index]?.cpuS ?? 0),
  }))
  return taken.toSorted((one, other) => other.reads - one.reads)[0] ?? { reads: 0, cpuS: 0 }
}

function usage(cluster: TestCluster, name: string): Promise<{ reads: number; cpuS: number }> {
  return cluster.ask(name, async (redis) => {
    const [stats, cpu] = [await redis.info('commandstats'), await redis.info('cpu')]
    const reads = Number(/cmdstat_get:calls=(\d+)/.exec(stats)?.[1] ?? 0)
    return { reads, cpuS: numberIn(cpu, 'used_cpu_user') + numberIn(cpu, 'used_cpu_sys') }
  })
}
