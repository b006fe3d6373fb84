/** What a cache may do to a shop: make it slower. Each fault is a real one, done to a real Redis. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { describe, expect, test, vi } from 'vitest'
import { appsOn, keys, serverWith, shopOf, touched, WITHIN } from './test-shop.ts'

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
