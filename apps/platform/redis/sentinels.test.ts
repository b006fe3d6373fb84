import { Redis } from 'ioredis'
import { test } from 'vitest'
import { type ServerName, startTestGroup, type TestGroup } from '../../../infra/redis/test-group.ts'
import { parseRedisUrl } from './address.ts'
import type { BoundedRedis } from './bounded.ts'
import { connectState } from './redis.ts'

/** Each has a group of its own, and mostly waits for it: they run at the same time. */
const it = test.extend<{ group: TestGroup; shop: BoundedRedis; bare: Redis }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest asks for it.
  group: async ({}, use) => {
    const group = await startTestGroup()
    await use(group).finally(group.stop)
  },
  shop: async ({ group }, use) => {
    const shop = connectState(parseRedisUrl('test', group.url), () => {})
    await group.until(() => writes(shop))
    await use(shop).finally(() => shop.close())
  },
  bare: async ({ group }, use) => {
    const bare = unprotected(group)
    await group.until(() => writes(bare))
    await use(bare).finally(() => bare.disconnect())
  },
}).concurrent

function writes(client: Pick<Redis | BoundedRedis, 'set'>, key = 'state:probe'): Promise<boolean> {
  return client.set(key, 'written', 'PX', 600_000).then(
    () => true,
    () => false,
  )
}

/** ioredis as it comes, but for the deadline without which it could not even be asked. */
function unprotected(group: TestGroup): Redis {
  const { user: username, password, hosts, name } = parseRedisUrl('test', group.url)
  const client = new Redis({
    ...{ username, password, name, sentinels: [...hosts], sentinelUsername: username, sentinelPassword: password },
    commandTimeout: 500,
    updateSentinels: false,
  })
  client.on('error', () => {})
  return client
}

it('a primary that is killed is replaced, nothing acknowledged is lost, and it comes back as a replica', async ({
  group,
  shop,
  expect,
}) => {
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
  await group.until(async () => (await group.primary()) === 'state-2' && follows(group, 'state-1'))
})

it('a primary that hangs is replaced, for ioredis as it comes too late, and what it wakes up to is being a replica', async ({
  group,
  bare,
  shop,
  expect,
}) => {
  group.signal('state-1', 'SIGSTOP')
  await group.until(async () => !(await writes(shop)))
  await group.until(() => writes(shop))
  expect(await writes(bare)).toBe(false)
  group.signal('state-1', 'SIGCONT')
  await group.until(async () => (await group.primary()) === 'state-2' && follows(group, 'state-1'))
  expect(await writes(shop)).toBe(true)
})

it('a primary that is replaced while it answers is left at once; ioredis as it comes goes on writing what will be lost', async ({
  group,
  bare,
  shop,
  expect,
}) => {
  await group.ask('sentinel-1', (sentinel) => sentinel.call('SENTINEL', 'FAILOVER', 'state'))
  const has = (name: ServerName, key: string) => group.ask(name, async (redis) => (await redis.exists(key)) === 1)
  await group.until(async () => (await replicationOf(group, 'state-2')).startsWith('role:master'))
  await group.until(async () => (await writes(shop, 'state:kept')) && (await has('state-2', 'state:kept')))
  expect(await writes(bare, 'state:lost')).toBe(true)
  expect(await has('state-2', 'state:lost')).toBe(false)
})

it('one Sentinel that is dead and one that hangs keep nobody from the primary', async ({ group, onTestFinished }) => {
  group.signal('sentinel-1', 'SIGKILL')
  group.signal('sentinel-2', 'SIGSTOP')
  const late = connectState(parseRedisUrl('test', group.url), () => {})
  onTestFinished(() => late.close())
  await group.until(() => writes(late))
})

it('the shop may ask a Sentinel for the primary and nothing else', async ({ group, expect, onTestFinished }) => {
  const { user: username, password, hosts } = parseRedisUrl('test', group.url)
  const client = new Redis({ ...hosts[0], username, password, enableReadyCheck: false })
  onTestFinished(() => client.disconnect())
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

async function follows(group: TestGroup, name: ServerName): Promise<boolean> {
  const info = await replicationOf(group, name)
  return info.startsWith('role:slave') && info.includes('master_link_status:up')
}

async function replicationOf(group: TestGroup, name: ServerName): Promise<string> {
  const info = await group.ask(name, (redis) => redis.info('replication'))
  return info.replace('# Replication\r\n', '')
}
