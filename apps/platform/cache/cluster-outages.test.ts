/** One server of a Cluster that cannot be asked: what is shown is right, and the pages of the others are still there. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { moveSlots } from '../../../infra/redis/move-slots.ts'
import { startTestCluster, type TestCluster } from '../../../infra/redis/test-cluster.ts'
import { slotOf } from '../redis/slot.ts'
import type { Cache, Cached } from './cache.ts'
import { testApps, testKeys } from './test-apps.ts'

let cluster: TestCluster
beforeEach(async () => {
  cluster = await startTestCluster({ role: 'cache' })
})
afterEach(() => cluster.stop())

async function appsOn(count: number) {
  const apps = await testApps(cluster.url, { count, bounded: true })
  onTestFinished(apps.close)
  return apps.list
}

/** Keys in one of these slots. */
function keysIn(first: number, last: number): Cached {
  for (let number = 0; ; number++) {
    const keys = testKeys(String(number))
    const slot = slotOf(keys.entry)
    if (slot >= first && slot <= last) return keys
  }
}

/** Of a third of the slots each, the first at the end of its part. */
const PAGES = [keysIn(5_430, 5_461), keysIn(5_462, 10_922), keysIn(10_923, 16_383)]
const [FIRST, SECOND, THIRD] = PAGES as [Cached, Cached, Cached]

/** A price for each page, and how often each was read from the store. */
function shop() {
  const prices = PAGES.map(() => 0)
  const reads = PAGES.map(() => 0)
  const load = (page: number) => async () => {
    reads[page] = (reads[page] ?? 0) + 1
    return { price: prices[page] }
  }
  return {
    reads,
    raise: (app: Cache, ...pages: Cached[]) =>
      app.change({ versions: pages.map(({ version }) => version), entries: pages.map(({ entry }) => entry) }, async () => {
        for (const page of pages) prices[PAGES.indexOf(page)] = (prices[PAGES.indexOf(page)] ?? 0) + 1
      }),
    async expectRight(app: Cache) {
      for (const [page, keys] of PAGES.entries()) {
        expect(String(await app.read(keys, load(page)))).toBe(JSON.stringify({ price: prices[page] }))
      }
    },
  }
}

test('dead: its pages are read from the store and those of the others are not; back and empty it is filled again', async () => {
  const [app] = await appsOn(1)
  if (!app) throw new Error('an app is needed')
  const pages = shop()
  await pages.expectRight(app.cache)
  cluster.signal('cache-1', 'SIGKILL')
  await cluster.until(async () => app.redis.serverOf(FIRST.entry)?.status !== 'ready')
  for (let turn = 0; turn < 5; turn++) await pages.expectRight(app.cache)
  expect(pages.reads).toEqual([6, 1, 1])
  await pages.raise(app.cache, FIRST, SECOND)
  for (let turn = 0; turn < 5; turn++) await pages.expectRight(app.cache)
  // What one server is still to be told of, the others have heard.
  expect(pages.reads).toEqual([11, 2, 1])
  cluster.restart('cache-1')
  await cluster.until(async () => {
    const before = pages.reads[0]
    await pages.expectRight(app.cache)
    return pages.reads[0] === before
  })
  expect(pages.reads.slice(1)).toEqual([2, 1])
})

test('hung while an app changes a price and dies: old pages are not believed, nor where they are moved to; those of a third are', async () => {
  const [dying, other] = await appsOn(2)
  if (!dying || !other) throw new Error('two apps are needed')
  const pages = shop()
  await pages.expectRight(other.cache)
  let isThirdKnown = true
  other.redis.serverOf(THIRD.entry)?.on('close', () => {
    isThirdKnown = false
  })
  cluster.signal('cache-1', 'SIGSTOP')
  await cluster.until(async () => [dying, other].every(({ redis }) => redis.serverOf(FIRST.entry)?.status !== 'ready'))
  await pages.raise(dying.cache, FIRST)
  // It dies with all that it has not told.
  dying.redis.close()
  cluster.signal('cache-1', 'SIGCONT')
  const ports = cluster.nodes.map(({ port }) => port)
  const move = () => moveSlots({ ports, login: cluster.lab, toPort: ports[1] ?? 0, slots: 2 * 32 }).then(() => true)
  await cluster.until(move)
  await cluster.until(() => cluster.ask('cache-2', async (redis) => (await redis.exists(FIRST.entry)) === 1))
  const until = performance.now() + 4_000
  while (performance.now() < until) {
    await pages.expectRight(other.cache)
    await sleep(20)
  }
  // On a machine out of breath it may itself have been silent for too long, and is rightly not believed then.
  if (isThirdKnown) expect(pages.reads[2]).toBe(1)
})

test('the hot key of a Cluster is found by how often it is read', async () => {
  const [app] = await appsOn(1)
  if (!app) throw new Error('an app is needed')
  const pages = shop()
  await pages.expectRight(app.cache)
  for (let turn = 0; turn < 2_000; turn++) await app.redis.get(FIRST.entry)
  const frequency = (name: string, { entry }: Cached) => cluster.ask(name, (redis) => redis.object('FREQ', entry))
  const [hot, cold] = [await frequency('cache-1', FIRST), await frequency('cache-2', SECOND)]
  expect(Number(hot)).toBeGreaterThan(Number(cold))
})
