/** A cache that cannot be asked, or takes nothing: what is shown is right, then and afterwards. Each has servers of its own, and mostly waits. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { describe, expect, test, vi } from 'vitest'
import { failToSave, needNotSave, type TestRedis } from '../../../infra/redis/test-server.ts'
import { testApps } from './test-apps.ts'
import { appsOn, serverWith, shopOf, touched, WITHIN } from './test-shop.ts'

/** Writes values of so many bytes until there is no room for one more. */
async function fill(lab: Redis, size: number): Promise<void> {
  for (let count = 0; ; count++) {
    const answer = await lab.set(`cache:filler-${size}:${count}`, 'x'.repeat(size)).catch((error: Error) => error.message)
    if (answer !== 'OK') return
  }
}

/** On a Redis of their own, with its client of each. */
async function twoApps(onTestFinished: NonNullable<Parameters<typeof appsOn>[2]>) {
  const server = await serverWith([], onTestFinished)
  const apps = await testApps(server.url, { count: 2, bounded: true })
  onTestFinished(apps.close)
  const [one, other] = apps.list
  if (!one || !other) throw new Error('two apps are needed')
  return { server, one, other }
}

const told = (line: string) => async (server: TestRedis & { readonly lab: Redis }) => {
  await server.lab.call(...(line.split(' ') as [string]))
}

describe.concurrent('a Redis that is away', () => {
  test('dead: what is shown is right', async ({ onTestFinished }) => {
    const server = await serverWith([], onTestFinished)
    const [one, other] = await appsOn(server, true, onTestFinished)
    const shop = shopOf(one, other)
    await shop.expectRight()
    await server.stop()
    await shop.raise(one)
    expect(await shop.readsFor(5)).toBe(10)
    await shop.raise(other)
    await shop.expectRight()
  })

  test('hung while a price changes: it is told when it wakes up with all that it had', async ({ onTestFinished }) => {
    const { server, one, other } = await twoApps(onTestFinished)
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

  test('hung while an app changes a price and dies: what was filled before is not believed by the others, nor by a new app', async ({
    onTestFinished,
  }) => {
    const { server, one: dying, other } = await twoApps(onTestFinished)
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

  test('back after a lost connection: it is not believed while others may still have news for it', async ({ onTestFinished }) => {
    const server = await serverWith([], onTestFinished)
    const [one, other] = await appsOn(server, true, onTestFinished)
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

  test('hung in the middle of a change: when it wakes up, what was suspended is so no longer', async ({ onTestFinished }) => {
    const server = await serverWith([], onTestFinished)
    const [one, other] = await appsOn(server, true, onTestFinished)
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

  test('full, and made to keep what it has: nothing more is kept, and changes are heard of', async ({ onTestFinished }) => {
    const server = await serverWith(['maxmemory 4mb', 'maxmemory-policy noeviction'], onTestFinished)
    const [one, other] = await appsOn(server, true, onTestFinished)
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

  test.for([
    ['read-only', told('REPLICAOF 127.0.0.1 1'), told('REPLICAOF NO ONE')],
    ['paused for writes', told('CLIENT PAUSE 60000 WRITE'), told('CLIENT UNPAUSE')],
  ] as const)(
    '%s while an app changes a price and dies: what was filled before is not believed by the others',
    async ([, begin, end], { onTestFinished }) => {
      const { server, one: dying, other } = await twoApps(onTestFinished)
      const shop = shopOf(other.cache)
      await shop.expectRight()
      await begin(server)
      await shop.raise(dying.cache)
      dying.redis.close()
      await end(server)
      const until = performance.now() + 5_000
      while (performance.now() < until) {
        await shop.expectRight()
        await sleep(20)
      }
      expect(await shop.readsFor(5), 'what was filled since is').toBe(0)
    },
  )

  test.for([
    ['read-only', told('REPLICAOF 127.0.0.1 1'), told('REPLICAOF NO ONE')],
    ['without replicas', told('CONFIG SET min-replicas-to-write 3'), told('CONFIG SET min-replicas-to-write 0')],
    ['paused for writes', told('CLIENT PAUSE 60000 WRITE'), told('CLIENT UNPAUSE')],
    ['on a disk that is full', failToSave, needNotSave],
  ] as const)(
    '%s: what takes no news is not believed, by any app, until it takes them again',
    async ([, begin, end], { onTestFinished }) => {
      const server = await serverWith([], onTestFinished)
      const [one, other] = await appsOn(server, true, onTestFinished)
      const shop = shopOf(one, other)
      await shop.expectRight()
      await begin(server)
      await shop.raise(one)
      // The other app has not written anything that could be refused.
      await shop.expectRight()
      shop.raiseUnheard()
      await one.changed(touched)
      expect(await shop.readsFor(5)).toBe(10)
      await end(server)
      await vi.waitFor(async () => expect(await shop.readsFor(2)).toBe(0), WITHIN)
    },
  )
})
