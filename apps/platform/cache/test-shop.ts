/** A shop of one price on a real Redis of its own, for tests of what faults do to it. */
import { Redis } from 'ioredis'
import { expect, onTestFinished } from 'vitest'
import { startTestRedis, type TestRedis } from '../../../infra/redis/test-server.ts'
import type { Cache } from './cache.ts'
import { testApps, testKeys } from './test-apps.ts'

export const keys = testKeys('one')
export const touched = { versions: [keys.version], entries: [keys.entry] }
export const WITHIN = { timeout: 15_000, interval: 20 }

/** What vitest gives to each of the tests that run at the same time; alone, its global one will do. */
type Finished = typeof onTestFinished

export async function serverWith(
  options: string[] = [],
  finished: Finished = onTestFinished,
): Promise<TestRedis & { readonly lab: Redis }> {
  const server = await startTestRedis({ role: 'cache', options })
  const lab = new Redis(server.labUrl)
  lab.on('error', () => undefined)
  finished(async () => {
    lab.disconnect()
    await server.stop()
  })
  return { ...server, lab }
}

export async function appsOn(
  server: TestRedis,
  bounded = true,
  finished: Finished = onTestFinished,
): Promise<readonly [Cache, Cache]> {
  const apps = await testApps(server.url, { count: 2, bounded })
  finished(apps.close)
  const [one, other] = apps.list.map(({ cache }) => cache)
  if (!one || !other) throw new Error('two apps are needed')
  return [one, other]
}

/** A price that is read from the store or from a cache. */
export function shopOf(...apps: Cache[]) {
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
