import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ServerName, startTestGroup, type TestGroup } from '../../../infra/redis/test-group.ts'
import { parseRedisUrl } from './address.ts'
import type { BoundedRedis } from './bounded.ts'
import { connectState } from './redis.ts'

let group: TestGroup
let shop: BoundedRedis
const endOthers: (() => void)[] = []
beforeEach(async () => {
  group = await startTestGroup()
  shop = connectState(parseRedisUrl('test', group.url), () => {})
  await group.until(() => writes(shop))
})
afterEach(async () => {
  shop.close()
  for (const end of endOthers.splice(0)) end()
  await group.stop()
})

function writes(client: Pick<Redis | BoundedRedis, 'set'>, key = 'state:probe'): Promise<boolean> {
  return client.set(key, 'written', 'PX', 600_000).then(
    () => true,
    () => false,
  )
}

/** ioredis as it comes, but for the deadline without which it could not even be asked. */
function unprotected(): Redis {
  const { user: username, password, hosts, name } = parseRedisUrl('test', group.url)
  const client = new Redis({
    ...{ username, password, name, sentinels: [...hosts], sentinelUsername: username, sentinelPassword: password },
    commandTimeout: 500,
    updateSentinels: false,
  })
  client.on('error', () => {})
  endOthers.push(() => client.disconnect())
  return client
}

test('a primary that is killed is replaced, nothing acknowledged is lost, and it comes back as a replica', async () => {
  const acknowledged: string[] = []
  let number = 0
  const write = async (): Promise<boolean> => {
    const key = `state:count-${number++}`
    const done = await writes(shop, key)
    if (done) acknowledged.push(key)
    return done
  }
  const writeSome = async () => {
    for (let count = 0; count < 200; count++) await write()
    return true
  }
  await writeSome()
  group.signal('state-1', 'SIGKILL')
  await group.until(async () => !(await write()))
  await group.until(write)
  await writeSome()
  expect(acknowledged.length).toBeGreaterThan(300)
  const found = await group.ask('state-2', (redis) => redis.exists(...acknowledged))
  // What was acknowledged in the last instant may not have been copied yet: Redis replicates asynchronously.
  expect(acknowledged.length - found).toBeLessThanOrEqual(1)
  group.restart('state-1')
  await group.until(async () => (await group.primary()) === 'state-2' && follows('state-1'))
})

test('a primary that hangs is replaced, for ioredis as it comes too late, and what it wakes up to is being a replica', async () => {
  const bare = unprotected()
  await group.until(() => writes(bare))
  group.signal('state-1', 'SIGSTOP')
  await group.until(async () => !(await writes(shop)))
  await group.until(() => writes(shop))
  expect(await writes(bare)).toBe(false)
  group.signal('state-1', 'SIGCONT')
  await group.until(async () => (await group.primary()) === 'state-2' && follows('state-1'))
  expect(await writes(shop)).toBe(true)
})

test('a primary that is replaced while it answers is left at once; ioredis as it comes goes on writing what will be lost', async () => {
  const bare = unprotected()
  await group.until(() => writes(bare))
  await group.ask('sentinel-1', (sentinel) => sentinel.call('SENTINEL', 'FAILOVER', 'state'))
  const has = (name: ServerName, key: string) => group.ask(name, async (redis) => (await redis.exists(key)) === 1)
  await group.until(async () => (await replicationOf('state-2')).startsWith('role:master'))
  await group.until(async () => (await writes(shop, 'state:kept')) && (await has('state-2', 'state:kept')))
  expect(await writes(bare, 'state:lost')).toBe(true)
  expect(await has('state-2', 'state:lost')).toBe(false)
})

test('one Sentinel that is dead and one that hangs keep nobody from the primary', async () => {
  group.signal('sentinel-1', 'SIGKILL')
  group.signal('sentinel-2', 'SIGSTOP')
  const late = connectState(parseRedisUrl('test', group.url), () => {})
  endOthers.push(() => late.close())
  await group.until(() => writes(late))
  late.close()
})

test('the shop may ask a Sentinel for the primary and nothing else', async () => {
  const { user: username, password, hosts } = parseRedisUrl('test', group.url)
  const client = new Redis({ ...hosts[0], username, password, enableReadyCheck: false })
  endOthers.push(() => client.disconnect())
  expect(await client.call('SENTINEL', 'get-master-addr-by-name', 'state')).toHaveLength(2)
  for (const args of [
    ['FAILOVER', 'state'],
    ['REMOVE', 'state'],
    ['SET', 'state', 'quorum', '1'],
    ['CONFIG', 'GET', '*'],
  ]) {
    await expect(client.call('SENTINEL', ...args)).rejects.toThrow('NOPERM')
  }
})

async function follows(name: ServerName): Promise<boolean> {
  const info = await replicationOf(name)
  return info.startsWith('role:slave') && info.includes('master_link_status:up')
}

async function replicationOf(name: ServerName): Promise<string> {
  const info = await group.ask(name, (redis) => redis.info('replication'))
  return info.replace('# Replication\r\n', '')
}
