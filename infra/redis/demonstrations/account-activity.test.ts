import type { Redis } from 'ioredis'
import { describe, expect } from 'vitest'
import { test } from './test-redis.ts'

describe('a bitmap of the minutes in which an account was active (D5)', () => {
  const minuteOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))
  const request = (redis: Redis, time: string) => redis.setbit('bitmap:acct:7:2026-04-01', minuteOf(time), 1)

  test('counts minutes and not requests: a thousand in one minute are one', async ({ redis }) => {
    for (let count = 0; count < 1_000; count++) await request(redis, '09:15:30')
    expect(await redis.bitcount('bitmap:acct:7:2026-04-01')).toBe(1)
    await request(redis, '09:16:00')
    await request(redis, '23:59:59')
    expect(await redis.bitcount('bitmap:acct:7:2026-04-01')).toBe(3)
    expect(await redis.getbit('bitmap:acct:7:2026-04-01', minuteOf('09:16:12'))).toBe(1)
  })

  test('a day of them takes 180 bytes; who wants the number of requests counts them with INCR', async ({ redis }) => {
    await request(redis, '23:59:59')
    expect(await redis.strlen('bitmap:acct:7:2026-04-01')).toBe(180)
    for (let count = 0; count < 1_000; count++) await redis.incr('requests:acct:7:09:15')
    expect(await redis.get('requests:acct:7:09:15')).toBe('1000')
  })
})

describe('from how many addresses an account is used (D6)', () => {
  const MOST_ADDRESSES = 20
  const addressOf = (index: number) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`

  /** True for an account that should be looked at. */
  async function isAlarming(redis: Redis, account: number, address: string): Promise<boolean> {
    const key = `addresses:acct:${account}`
    const answers = await redis.multi().pfadd(key, address).expire(key, 86_400, 'NX').pfcount(key).exec()
    return Number(answers?.at(-1)?.[1]) > MOST_ADDRESSES
  }

  test('two addresses a thousand times raise no alarm, and more than twenty do', async ({ redis }) => {
    for (let count = 0; count < 1_000; count++) expect(await isAlarming(redis, 1, addressOf(count % 2))).toBe(false)
    const alarms: boolean[] = []
    for (let count = 0; count < 40; count++) alarms.push(await isAlarming(redis, 2, addressOf(count)))
    expect(alarms.indexOf(true)).toBe(MOST_ADDRESSES)
    expect(alarms.slice(MOST_ADDRESSES)).not.toContain(false)
  })

  test('a hundred thousand addresses take 12 KiB, and are counted to within a few per cent', async ({ redis }) => {
    for (let at = 0; at < 100_000; at += 1_000) {
      await redis.pfadd('addresses:acct:3', ...Array.from({ length: 1_000 }, (_, index) => addressOf(at + index)))
    }
    expect(await redis.strlen('addresses:acct:3')).toBeLessThan(12.1 * 1_024)
    // Four times the standard error of 0.81 %.
    expect(Math.abs((await redis.pfcount('addresses:acct:3')) / 100_000 - 1)).toBeLessThan(4 * 0.0081)
  })
})
