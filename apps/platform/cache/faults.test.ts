/** What a cache may do to a shop: make it slower. Each fault is a real one, done to a real Redis. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { startTestRedis, type TestRedis } from '../../../infra/redis/test-server.ts'
import type { Cache } from './cache.ts'
import { testApps, testKeys } from './test-apps.ts'

const keys = testKeys('one')
const touched = { versions: [keys.version], entries: [keys.entry] }
const WITHIN = { timeout: 15_000, interval: 20 }

async function serverWith(options: string[] = []): Promise<TestRedis & { readonly lab: Redis }> {
  const server = await startTestRedis({ role: 'cache', options })
  const lab = new Redis(server.labUrl)
  lab.on('error', () => undefined)
  onTestFinished(async () => {
    lab.disconnect()
    await server.stop()
  })
  return { ...server, lab }
}

async function appsOn(server: TestRedis, bounded = true): Promise<readonly [Cache, Cache]> {
  const apps = await testApps(server.url, { count: 2, bounded })
  onTestFinished(apps.close)
  const [one, other] = apps.list.map(({ cache }) => cache)
  if (!one || !other) throw new Error('two apps are needed')
  return [one, other]
}

/** A price that is read from the store or from a cache. */
function shopOf(...apps: Cache[]) {
  let price = 0
  let reads = 0
  const load = async () => {
    reads += 1
    return { price }
  }
  return {
    reads: () => reads,
    open: (app: Cache) => void apps.push(app),
    raise: (app: Cache) => app.change(touched, async () => (price += 1)),
    /** As an order changes a stock: the cache hears of it afterwards, or later still. */
    raiseUnheard: () => (price += 1),
    /** Reads on all apps, and expects the price as it is. */
    async expectRight() {
      for (const app of apps) expect(String(await app.read(keys, load))).toBe(JSON.stringify({ price }))
    },
    async readsFor(times: number) {
      const before = reads
      for (let time = 0; time < times; time++) await this.expectRight()
      return reads - before
    },
  }
}

describe('a Redis that loses', () => {
  test.each(['entry', 'version', 'lock'] as const)('the %s', async (part) => {
    const server = await serverWith()
    const [one, other] = await appsOn(server)
    const shop = shopOf(one, other)
    await shop.expectRight()
    await server.lab.del(keys[part])
    await shop.raise(one)
    await shop.expectRight()
    await server.lab.del(keys[part])
    await shop.expectRight()
    expect(await shop.readsFor(5)).toBe(0)
  })

  test('everything, in the middle of a change', async () => {
    const server = await serverWith()
    const [one, other] = await appsOn(server)
    const shop = shopOf(one, other)
    await shop.expectRight()
    await one.change(touched, async () => void (await server.lab.flushall()))
    await shop.raise(one)
    await shop.expectRight()
    expect(await shop.readsFor(5)).toBe(0)
  })

  test('an app that died between its commit and the news of it', async () => {
    const server = await serverWith()
    const [one, other] = await appsOn(server)
    const shop = shopOf(one, other)
    await shop.expectRight()
    const dies = new Error('the connection was lost: nobody knows whether it was committed')
    const change = one.change(touched, async () => {
      await shop.raise(other)
      throw dies
    })
    await expect(change).rejects.toBe(dies)
    // What the other change said is not taken for the word of the first.
    expect(await server.lab.get(keys.version)).toMatch(/^suspended:/)
    expect(await shop.readsFor(5)).toBe(10)
    await server.lab.pexpire(keys.version, 1)
    await sleep(20)
    await shop.expectRight()
    expect(await shop.readsFor(5)).toBe(0)
  })
})

describe('an app that died while its commit waits for a replica', () => {
  /** As far as Redis can tell. */
  async function pass(milliseconds: number, { lab }: { lab: Redis }): Promise<void> {
    await lab.pexpire(keys.version, (await lab.pttl(keys.version)) - milliseconds)
  }

  test('for longer than a change takes: what it changes is not kept, for it may be seen at any time', async () => {
    const server = await serverWith()
    const [one, other] = await appsOn(server)
    const shop = shopOf(other)
    await shop.expectRight()
    void one.change(touched, () => new Promise(() => {}))
    await vi.waitFor(async () => expect(await server.lab.get(keys.version)).toMatch(/^suspended:/), WITHIN)
    await pass(11_000, server)
    await shop.expectRight()
    shop.raiseUnheard()
    await shop.expectRight()
  })

  test('is forgotten in the end, however many changes others make', async () => {
    const server = await serverWith()
    const [one, other] = await appsOn(server)
    const shop = shopOf(other)
    void one.change(touched, () => new Promise(() => {}))
    await vi.waitFor(async () => expect(await server.lab.get(keys.version)).toMatch(/^suspended:/), WITHIN)
    const before = await server.lab.pttl(keys.version)
    await sleep(50)
    await shop.raise(other)
    expect(await server.lab.pttl(keys.version)).toBeLessThan(before)
    const suspended = String(await server.lab.get(keys.version))
    await server.lab.set(keys.version, suspended.replace(/@\d+/, '@1'), 'PX', 60_000)
    await shop.raise(other)
    await shop.expectRight()
    expect(await shop.readsFor(3)).toBe(0)
  })
})

describe('a value that no app has written', () => {
  test.each(['entry', 'version', 'lock'] as const)('of another type in the place of the %s (R18)', async (part) => {
    const server = await serverWith()
    const [one, other] = await appsOn(server)
    const shop = shopOf(one, other)
    await server.lab.lpush(keys[part], 'nonsense')
    await server.lab.pexpire(keys[part], 60_000)
    await shop.expectRight()
    await shop.raise(other)
    await shop.expectRight()
    await shop.expectRight()
    expect(await shop.readsFor(5)).toBe(0)
  })

  const DAMAGES: Record<string, (entry: Buffer) => Buffer> = {
    'cut off': (entry) => entry.subarray(0, entry.length - 1),
    'of nothing': () => Buffer.alloc(0),
    'of 10 KB without a line break': () => Buffer.alloc(10_000, 'x'),
    'with one bit turned': (entry) => {
      const last = entry.length - 3
      entry[last] = (entry[last] ?? 0) ^ 1
      return entry
    },
    'with another life': (entry) => Buffer.from(entry.toString('latin1').replace(/\d\n/, '\n'), 'latin1'),
  }

  test.each(Object.entries(DAMAGES))('%s', async (_name, damage) => {
    const server = await serverWith()
    const [one, other] = await appsOn(server)
    const shop = shopOf(one, other)
    await shop.expectRight()
    const entry = await server.lab.getBuffer(keys.entry)
    await server.lab.set(keys.entry, damage(entry ?? Buffer.alloc(0)), 'PX', 60_000)
    expect(await shop.readsFor(3)).toBe(1)
  })
})

/** Writes values of so many bytes until there is no room for one more. */
async function fill(lab: Redis, size: number): Promise<void> {
  for (let count = 0; ; count++) {
    const answer = await lab.set(`cache:filler-${size}:${count}`, 'x'.repeat(size)).catch((error: Error) => error.message)
    if (answer !== 'OK') return
  }
}

describe('a Redis that is away', () => {
  test('dead: what is shown is right', async () => {
    const server = await serverWith()
    const [one, other] = await appsOn(server)
    const shop = shopOf(one, other)
    await shop.expectRight()
    await server.stop()
    await shop.raise(one)
    expect(await shop.readsFor(5)).toBe(10)
    await shop.raise(other)
    await shop.expectRight()
  })

  test('hung while a price changes: it is told when it wakes up with all that it had', async () => {
    const server = await serverWith()
    const apps = await testApps(server.url, { count: 2, bounded: true })
    onTestFinished(apps.close)
    const [one, other] = apps.list
    if (!one || !other) throw new Error('two apps are needed')
    const shop = shopOf(one.cache, other.cache)
    await shop.expectRight()
    const pid = Number(/process_id:(\d+)/.exec(await server.lab.info('server'))?.[1])
    process.kill(pid, 'SIGSTOP')
    try {
      // A command that was sent before would be waiting for Redis to wake up, and save us.
      while (one.redis.status === 'ready' || other.redis.status === 'ready') {
        await shop.expectRight()
        await sleep(5)
      }
      await shop.raise(one.cache)
      await shop.expectRight()
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    const until = performance.now() + 5_000
    while (performance.now() < until) {
      await shop.expectRight()
      await sleep(5)
    }
    expect(await shop.readsFor(5)).toBe(0)
  })

  test('hung while an app changes a price and dies: what was filled before is not believed by the others, nor by a new app', async () => {
    const server = await serverWith()
    const apps = await testApps(server.url, { count: 2, bounded: true })
    onTestFinished(apps.close)
    const [dying, other] = apps.list
    if (!dying || !other) throw new Error('two apps are needed')
    const shop = shopOf(other.cache)
    await shop.expectRight()
    const pid = Number(/process_id:(\d+)/.exec(await server.lab.info('server'))?.[1])
    process.kill(pid, 'SIGSTOP')
    try {
      await vi.waitUntil(() => dying.redis.status !== 'ready' && other.redis.status !== 'ready', WITHIN)
      await shop.raise(dying.cache)
      // It dies with all that it has not told.
      dying.redis.close()
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    const [reborn] = (await testApps(server.url, { bounded: true })).list
    if (!reborn) throw new Error('an app is needed')
    onTestFinished(async () => {
      await reborn.cache.stop()
      reborn.redis.close()
    })
    shop.open(reborn.cache)
    const until = performance.now() + 5_000
    while (performance.now() < until) {
      await shop.expectRight()
      await sleep(20)
    }
    expect(await shop.readsFor(5), 'what was filled since is').toBe(0)
  })

  test('back after a lost connection: it is not believed while others may still have news for it', async () => {
    const server = await serverWith()
    const [one, other] = await appsOn(server)
    const shop = shopOf(one, other)
    await shop.expectRight()
    await server.lab.call('CLIENT', 'KILL', 'SKIPME', 'yes')
    shop.raiseUnheard()
    await shop.expectRight()
    await vi.waitFor(async () => expect(String(await server.lab.client('LIST'))).toContain('user=shop'), WITHIN)
    await sleep(100)
    await shop.expectRight()
    await one.changed(touched)
    await vi.waitFor(async () => expect(await shop.readsFor(2)).toBe(0), WITHIN)
  })

  test('hung in the middle of a change: when it wakes up, what was suspended is so no longer', async () => {
    const server = await serverWith()
    const [one, other] = await appsOn(server)
    const shop = shopOf(one, other)
    await shop.expectRight()
    const pid = Number(/process_id:(\d+)/.exec(await server.lab.info('server'))?.[1])
    await one.change(touched, async () => {
      process.kill(pid, 'SIGSTOP')
      setTimeout(() => process.kill(pid, 'SIGCONT'), 1_500)
      shop.raiseUnheard()
    })
    await shop.expectRight()
    await vi.waitFor(async () => expect(await shop.readsFor(2)).toBe(0), WITHIN)
  })

  test('full, and made to keep what it has: nothing more is kept, and changes are heard of', async () => {
    const server = await serverWith(['maxmemory 4mb', 'maxmemory-policy noeviction'])
    const [one, other] = await appsOn(server)
    const shop = shopOf(one, other)
    await shop.expectRight()
    for (const size of [50_000, 500, 1]) await fill(server.lab, size)
    // Its clients' buffers shrink later, and must not make room again.
    await server.lab.config('SET', 'maxmemory', '3mb')
    expect(await shop.readsFor(5)).toBe(0)
    shop.raiseUnheard()
    await one.changed(touched)
    await shop.expectRight()
    await shop.raise(other)
    expect(await shop.readsFor(3)).toBe(6)
  })

  test.each([
    ['read-only', 'REPLICAOF 127.0.0.1 1', 'REPLICAOF NO ONE'],
    ['paused for writes', 'CLIENT PAUSE 60000 WRITE', 'CLIENT UNPAUSE'],
  ])('%s while an app changes a price and dies: what was filled before is not believed by the others', async (_, begin, end) => {
    const server = await serverWith()
    const apps = await testApps(server.url, { count: 2, bounded: true })
    onTestFinished(apps.close)
    const [dying, other] = apps.list
    if (!dying || !other) throw new Error('two apps are needed')
    const shop = shopOf(other.cache)
    await shop.expectRight()
    await server.lab.call(...(begin.split(' ') as [string]))
    await shop.raise(dying.cache)
    dying.redis.close()
    await server.lab.call(...(end.split(' ') as [string]))
    const until = performance.now() + 5_000
    while (performance.now() < until) {
      await shop.expectRight()
      await sleep(20)
    }
    expect(await shop.readsFor(5), 'what was filled since is').toBe(0)
  })

  test.each([
    ['read-only', 'REPLICAOF 127.0.0.1 1', 'REPLICAOF NO ONE'],
    ['without replicas', 'CONFIG SET min-replicas-to-write 3', 'CONFIG SET min-replicas-to-write 0'],
    ['paused for writes', 'CLIENT PAUSE 60000 WRITE', 'CLIENT UNPAUSE'],
  ])('%s: what takes no news is not believed, by any app, until it takes them again', async (_, begin, end) => {
    const server = await serverWith()
    const [one, other] = await appsOn(server)
    const shop = shopOf(one, other)
    await shop.expectRight()
    await server.lab.call(...(begin.split(' ') as [string]))
    await shop.raise(one)
    // The other app has not written anything that could be refused.
    await shop.expectRight()
    shop.raiseUnheard()
    await one.changed(touched)
    expect(await shop.readsFor(5)).toBe(10)
    await server.lab.call(...(end.split(' ') as [string]))
    await vi.waitFor(async () => expect(await shop.readsFor(2)).toBe(0), WITHIN)
  })
})
