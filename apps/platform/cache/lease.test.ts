import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, onTestFinished, test } from 'vitest'
import { redisDatabase } from '../../fixtures/redis-database.ts'
import { KEYS } from '../redis/keys.ts'
import { redisLease } from './lease.ts'

const SOON = { timeout: 20_000 }
const KEY = KEYS.productPage('one')

/** With the writes that Redis was asked for since. */
async function leaseOn({ isRead }: { isRead: boolean }) {
  const redis = await redisDatabase(inject('redisUrl'))
  onTestFinished(() => redis.close())
  let writes = 0
  const { unlink } = redis.shop
  redis.shop.unlink = (key) => {
    writes += 1
    return unlink(key)
  }
  const lease = redisLease(redis.shop, { isRead })
  onTestFinished(() => lease.stop())
  return { lease, writes: () => writes }
}

test('who reads the cache asks it again and again whether it takes writes', async () => {
  const { lease, writes } = await leaseOn({ isRead: true })
  await expect.poll(writes, SOON).toBeGreaterThan(3)
  await expect.poll(() => lease.isHeld(KEY), SOON).toBe(true)
})

test('who reads nothing asks only while writes fail', async () => {
  const { lease, writes } = await leaseOn({ isRead: false })
  await sleep(3_500)
  // Once for each connection.
  const before = writes()
  expect(before).toBeLessThanOrEqual(2)
  await lease
    .writing(KEY, Promise.reject(new Error('READONLY You cannot write against a read only replica')))
    .catch(() => undefined)
  expect(lease.lapsesAt(KEY)).toBeGreaterThan(performance.now())
  await expect.poll(() => lease.lapsesAt(KEY), SOON).toBe(Number.NEGATIVE_INFINITY)
  expect(writes()).toBeGreaterThan(before)
})
