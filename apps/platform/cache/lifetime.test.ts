import { describe, expect, inject, onTestFinished, test } from 'vitest'
import type { Settings } from '../../../infra/stage/settings.ts'
import { redisDatabase } from '../../fixtures/redis-database.ts'
import { isDue, lifetimeMs } from './lifetime.ts'
import { testApps, testKeys } from './test-apps.ts'

test('a life is never longer than the setting, and with jitter not much shorter', () => {
  expect(lifetimeMs(300_000, 'off')).toBe(300_000)
  expect(lifetimeMs(300_000, 'on', () => 0)).toBe(300_000)
  expect(lifetimeMs(300_000, 'on', () => 0.999_999)).toBeGreaterThanOrEqual(240_000)
})

describe('entries that were written together (B10)', () => {
  const TTL_MS = 10 * 3_600_000

  async function written(count: number, jitter: Settings['jitter']) {
    const redis = await redisDatabase(inject('redisUrl'))
    onTestFinished(redis.close)
    const { list, close } = await testApps(redis.url, { settings: { jitter, stampede: 'none' } })
    onTestFinished(close)
    let queries = 0
    const load = async () => {
      queries += 1
      return {}
    }
    const keys = Array.from({ length: count }, (_, index) => testKeys(`${index}`, TTL_MS))
    const readAll = async () => {
      const before = queries
      for (let at = 0; at < count; at += 1_000) {
        await Promise.all(keys.slice(at, at + 1_000).map((one) => list[0]?.cache.read(one, load)))
      }
      return queries - before
    }
    expect(await readAll()).toBe(count)
    return { lab: redis.lab, readAll }
  }

  test.each([
    { jitter: 'on', least: 700, most: 1_300 },
    { jitter: 'off', least: 0, most: 10_000 },
  ] as const)('10,000 with jitter=$jitter end together or apart', async ({ jitter, least, most }) => {
    const { lab } = await written(10_000, jitter)
    const lives = await Promise.all((await lab.keys('cache:test:*')).map((key) => lab.pttl(key)))
    const shares = lives.map((life) => Math.min(9, Math.floor(50 * (life / TTL_MS - 0.8))))
    const parts = Array.from({ length: 10 }, (_, part) => shares.filter((share) => share === part).length)
    console.log(`jitter=${jitter}, lives of 10,000 entries in parts of 2 %, from 80 to 100 % of the setting: ${parts.join(' ')}`)
    for (const part of parts) expect(part).toSatisfy((count: number) => count >= least && count <= most)
    if (jitter === 'off') expect(parts[9]).toBe(10_000)
  })

  /** All are read again and again while the last fifth of their time passes. */
  async function queriesAtTheEnd(jitter: Settings['jitter']): Promise<number[]> {
    const { lab, readAll } = await written(1_000, jitter)
    await lab.eval(PASS_TIME, 0, 0.8 * TTL_MS)
    const counts: number[] = []
    for (let part = 0; part < 10; part++) {
      await lab.eval(PASS_TIME, 0, 0.02 * TTL_MS)
      counts.push(await readAll())
    }
    console.log(`jitter=${jitter}, queries for 1,000 entries in each 2 % of the time at their end: ${counts.join(' ')}`)
    return counts
  }

  test('are queried for at their end all at once, or with jitter a tenth at a time', async () => {
    expect(await queriesAtTheEnd('off')).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1_000])
    for (const count of await queriesAtTheEnd('on')) expect(count).toSatisfy((queries: number) => queries > 40 && queries < 180)
  })
})

/** Redis has no clock that a test could turn: so much of the life of every entry is taken away. Versions live on. */
const PASS_TIME = `
for _, key in ipairs(redis.call('KEYS', 'cache:test:*')) do
  redis.call('PEXPIRE', key, redis.call('PTTL', key) - ARGV[1])
end`

describe('an early refresh (XFetch)', () => {
  const NOW = 1_000_000
  const shareDue = (fillMs: number, leftMs: number) => {
    const draws = Array.from({ length: 1_000 }, (_, index) => index / 1_000)
    return draws.filter((draw) => isDue({ fillMs, expiresAt: NOW + leftMs }, NOW, () => draw)).length / draws.length
  }

  test('is the likelier, the nearer the end: e^(-left / fill)', () => {
    for (const left of [1, 10, 50, 100, 300]) expect(shareDue(50, left)).toBeCloseTo(Math.exp(-left / 50), 2)
  })

  test('does not happen to an entry that has long to live, and always to one at its end', () => {
    expect(shareDue(50, 10_000)).toBe(0)
    expect(shareDue(50, 0)).toBe(1)
  })
})
