import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { startTestCluster, type TestCluster } from '../../../infra/redis/test-cluster.ts'
import { parseRedisUrl } from './address.ts'
import type { ClusterRedis } from './cluster.ts'
import { ClusterServers } from './cluster-servers.ts'
import { probeRedis } from './connectivity.ts'
import { together } from './keys.ts'
import { connectState, connectStateCluster } from './redis.ts'
import { isRedisDown } from './redis-down.ts'
import { redisScript } from './script.ts'
import { slotOf } from './slot.ts'
import { addressOf } from './slot-map.ts'

let cluster: TestCluster
let shop: ClusterRedis
let lines: string[]
beforeEach(async () => {
  cluster = await startTestCluster({ role: 'state', replicas: 1 })
  lines = []
  shop = connect()
  await cluster.until(async () => shop.status === 'ready')
})
afterEach(async () => {
  shop.close()
  await cluster.stop()
})

function connect(): ClusterRedis {
  return connectStateCluster(parseRedisUrl('test', cluster.url), (line) => lines.push(line))
}

/** A key whose slot was that shard's at first. */
function keyIn(shard: number, noun = 'key'): string {
  for (let number = 0; ; number++) {
    const key = `state:${noun}:{${number}}`
    if (Math.floor((slotOf(key) * 3) / 16_384) + 1 === shard) return key
  }
}

async function writes(key: string): Promise<boolean> {
  return shop.set(key, 'written', 'PX', 600_000).then(
    () => true,
    (error) => {
      expect(isRedisDown(error), String(error)).toBe(true)
      return false
    },
  )
}

test('each key goes to its server, in one round trip, and scripts and several keys with it', async () => {
  const keys = [1, 2, 3].map((shard) => keyIn(shard))
  expect(await Promise.all(keys.map(writes))).toEqual([true, true, true])
  expect(new Set(keys.map((key) => shop.serverOf(key))).size).toBe(3)
  const evaluated = redisScript<string>(shop, "return redis.call('GET', KEYS[1]) .. ARGV[1]")
  expect(await Promise.all(keys.slice(1).map((key) => evaluated(key, ['!'])))).toEqual(['written!', 'written!'])
  const both = redisScript<string>(shop, "return {redis.call('EXISTS', KEYS[1]), redis.call('EXISTS', KEYS[2])}")
  expect(await both(together('state:a:{1}', 'state:b:{1}'), [])).toEqual([0, 0])
  expect(await shop.ping()).toBe('PONG')
  for (const key of ['', 'a', '{}', '{}a', '{a}b', 'a{b', 'a{b}{c}', '{{a}}', 'Zoë{ß}', 'x'.repeat(300)]) {
    expect(slotOf(key), key).toBe(await cluster.ask('state-1', (redis) => redis.cluster('KEYSLOT', key)))
  }
})

test('many who find at once that a slot has moved ask each server once', async () => {
  const address = parseRedisUrl('test', cluster.url)
  const open = (node: string) => {
    const hosts = address.hosts.filter((host) => addressOf(host) === node)
    return connectState({ ...address, hosts, reach: 'server' }, () => {})
  }
  const servers = new ClusterServers(address.hosts.map(addressOf), open)
  onTestFinished(() => servers.close())
  await cluster.until(async () => servers.isWhole())
  const asked = async () => {
    const stats = await cluster.ask('state-1', (redis) => redis.info('commandstats'))
    return Number(/^cmdstat_cluster\|nodes:calls=(\d+)/m.exec(stats)?.[1])
  }
  const before = await asked()
  for (let found = 0; found < 200; found++) servers.assign(found, addressOf(address.hosts[1] ?? { host: '', port: 0 }))
  await servers.all()[0]?.ping()
  const after = await asked()
  expect(after).toBeGreaterThanOrEqual(before)
  expect(after - before).toBeLessThan(50)
})

test('the way to it is whole, and where a shard is gone it is said how much is served by nobody', async () => {
  const address = parseRedisUrl('test', cluster.url)
  const [step] = await probeRedis(address, { timeoutMs: 1_000 })
  expect(step).toMatchObject({ ok: true, detail: '6 of 6 nodes answer, and 3 of 3 masters; all slots are served' })
  for (const name of ['state-1', 'state-4']) cluster.signal(name, 'SIGKILL')
  const detail = '4 of 6 nodes answer, and 2 of 3 masters: 5462 of 16384 slots are served by nobody'
  await expect.poll(async () => (await probeRedis(address, { timeoutMs: 1_000 }))[0]?.detail).toBe(detail)
})

describe('a master that goes', () => {
  test('killed: its own keys alone are refused, at once, until its replica has them; it comes back as one', async () => {
    const [own, other] = [keyIn(1), keyIn(2)]
    expect(await writes(own)).toBe(true)
    cluster.signal('state-1', 'SIGKILL')
    await cluster.until(async () => !(await writes(own)))
    let refused = 0
    const oldest = performance.now()
    while (!(await writes(own))) {
      refused += 1
      expect(await writes(other)).toBe(true)
    }
    const outageMs = performance.now() - oldest
    // A refusal waits for nothing: within one deadline there are many.
    expect(refused).toBeGreaterThan(outageMs / 100)
    expect(await shop.get(own)).toBe('written')
    expect(await cluster.isMaster('state-4')).toBe(true)
    cluster.restart('state-1')
    await cluster.until(() => cluster.ask('state-1', async (redis) => (await redis.role())[0] === 'slave'))
    expect(await writes(own)).toBe(true)
    expect(lines.filter((line) => line.includes('is away')).length, lines.join()).toBe(1)
  })

  test('hung: it is given up before its replica is promoted, whoever is asked nothing meanwhile; awake it is a replica', async () => {
    const [own, other] = [keyIn(1), keyIn(2)]
    expect(await writes(own)).toBe(true)
    const before = shop.serverOf(own)
    let closedAt = Number.POSITIVE_INFINITY
    before?.once('close', () => (closedAt = performance.now()))
    cluster.signal('state-1', 'SIGSTOP')
    await cluster.until(() => cluster.isMaster('state-4'))
    expect(performance.now()).toBeGreaterThan(closedAt)
    await cluster.until(() => writes(own))
    expect(shop.serverOf(own)).not.toBe(before)
    expect(await writes(other)).toBe(true)
    cluster.signal('state-1', 'SIGCONT')
    await cluster.until(() => cluster.ask('state-1', async (redis) => (await redis.role())[0] === 'slave'))
    expect(await writes(own)).toBe(true)
  })
})

test('an app that starts while a master is dead has all that the others have', async () => {
  for (const name of ['state-1', 'state-4']) cluster.signal(name, 'SIGKILL')
  const late = connect()
  try {
    await cluster.until(() => late.set(keyIn(2), 'x', 'PX', 60_000).then(() => true))
    await expect(late.get(keyIn(1))).rejects.toSatisfy(isRedisDown)
  } finally {
    late.close()
  }
})
