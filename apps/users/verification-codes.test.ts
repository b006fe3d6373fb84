import { beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { passTime } from '../fixtures/redis-database.ts'
import { type ShopDatabase, shopDatabase } from '../fixtures/shop-database.ts'
import { shopParts } from '../fixtures/shop-parts.ts'
import { databaseVerificationCodes } from './database-verification-codes.ts'
import { redisVerificationCodes } from './redis-verification-codes.ts'
import {
  accountOf,
  CODE_LASTS_MS,
  digestOf,
  ISSUE_EVERY_MS,
  MOST_ATTEMPTS,
  newCode,
  type VerificationCodes,
} from './verification-codes.ts'

const { databases, redis } = shopParts(() => shopDatabase(inject('databaseUrl')))

const [ada, eve] = ['ada@example.com', 'eve@example.com']
const digest = (code: string) => digestOf('key', ada, code)
const [right, wrong] = [digest('123456'), digest('123457')]

/** Neither store has a clock that a test could turn: the codes are made older instead. */
const PASS = {
  mysql: async (milliseconds: number) => {
    for (const { account, issued_at, expires_at } of await databases.writes
      .selectFrom('verification_codes')
      .selectAll()
      .execute()) {
      const earlier = (time: Date) => new Date(time.getTime() - milliseconds)
      const times = { issued_at: earlier(issued_at), expires_at: earlier(expires_at) }
      await databases.writes.updateTable('verification_codes').set(times).where('account', '=', account).execute()
    }
  },
  redis: (milliseconds: number) => passTime(redis, milliseconds),
}

describe.each([
  ['mysql', () => databaseVerificationCodes(databases)],
  ['redis', () => redisVerificationCodes(redis.shop)],
] as const)('codes in %s', (place, make: () => VerificationCodes) => {
  let codes: VerificationCodes
  beforeEach(() => {
    codes = make()
  })

  test('are good once, for their account alone', async () => {
    expect(await codes.redeem(ada, right)).toBe(false)
    expect(await codes.issue(ada, right)).toBe(true)
    expect(await codes.redeem(eve, right)).toBe(false)
    expect(await codes.redeem(ada, right)).toBe(true)
    expect(await codes.redeem(ada, right)).toBe(false)
  })

  test.runIf(place === 'redis')('are none where their key holds something else, until one is issued', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    const key = `state:code:{${accountOf(ada).toString('base64url')}}`
    await redis.lab.set(key, 'nonsense')
    expect(await codes.redeem(ada, right)).toBe(false)
    await redis.lab.rpush(key, 'nonsense')
    await redis.lab.pexpire(key, 600_000)
    expect(await codes.issue(ada, right)).toBe(true)
    expect(await codes.redeem(ada, right)).toBe(true)
    expect(log.mock.calls.flat()).toEqual(Array(2).fill(expect.stringContaining(`${key} holds what no app has written`)))
  })

  test('sent 200 times at once are good once', async () => {
    await codes.issue(ada, right)
    const answers = await Promise.all(Array.from({ length: 200 }, () => codes.redeem(ada, right)))
    expect(answers.filter((good) => good)).toHaveLength(1)
  })

  test('may be tried five times', async () => {
    await codes.issue(ada, right)
    for (let attempt = 1; attempt < MOST_ATTEMPTS; attempt++) expect(await codes.redeem(ada, wrong)).toBe(false)
    expect(await codes.redeem(ada, right)).toBe(true)
  })

  test('are of no use after five wrong guesses, though these came at once', async () => {
    await codes.issue(ada, right)
    await Promise.all(Array.from({ length: MOST_ATTEMPTS }, () => codes.redeem(ada, wrong)))
    expect(await codes.redeem(ada, right)).toBe(false)
  })

  test('a flood of guesses with the right one at its end does not get it through', async () => {
    await codes.issue(ada, right)
    const guesses = Array.from({ length: 100 }, (_, number) => codes.redeem(ada, number === 99 ? right : wrong))
    expect(await Promise.all(guesses)).not.toContain(true)
  })

  test('come once a minute, and the new one takes the place and the guesses of the old', async () => {
    expect(await codes.issue(ada, wrong)).toBe(true)
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) await codes.redeem(ada, right)
    await PASS[place](ISSUE_EVERY_MS - 5_000)
    expect(await codes.issue(ada, right)).toBe(false)
    await PASS[place](5_000)
    expect(await codes.issue(ada, right)).toBe(true)
    expect(await codes.redeem(ada, wrong)).toBe(false)
    expect(await codes.redeem(ada, right)).toBe(true)
    // One that was used makes the next no earlier.
    expect(await codes.issue(ada, right)).toBe(false)
  })

  test('asked for many times at once come once', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => codes.issue(ada, right)))
    expect(answers.filter((issued) => issued)).toHaveLength(1)
  })

  test('are over after ten minutes', async () => {
    await codes.issue(ada, right)
    await PASS[place](CODE_LASTS_MS - 5_000)
    expect(await codes.redeem(ada, wrong)).toBe(false)
    await PASS[place](5_000)
    expect(await codes.redeem(ada, right)).toBe(false)
  })
})

test('a guess at an account that has no code is written like any other, until it is over', async () => {
  const codes = databaseVerificationCodes(databases)
  const rows = () => databases.writes.selectFrom('verification_codes').select(['account', 'attempts_left']).execute()
  await codes.issue(ada, right)
  for (const account of [ada, eve, ada, eve]) expect(await codes.redeem(account, wrong)).toBe(false)
  expect((await rows()).map(({ attempts_left }) => attempts_left)).toEqual(Array(2).fill(MOST_ATTEMPTS - 2))
  await PASS.mysql(CODE_LASTS_MS + 1_000)
  expect(await codes.redeem('bob@example.com', wrong)).toBe(false)
  expect(await rows()).toHaveLength(1)
})

test('codes are where their owner is', async () => {
  const others = await shopDatabase(inject('databaseUrl'))
  onTestFinished(() => others.close())
  const codes = databaseVerificationCodes({ of: (owner) => (owner === ada ? databases : others) })
  const left = ({ writes }: ShopDatabase) => writes.selectFrom('verification_codes').select('attempts_left').execute()
  for (const owner of [ada, eve, eve]) await codes.issue(owner, right)
  expect(await codes.redeem(eve, wrong)).toBe(false)
  expect([await left(databases), await left(others)]).toEqual([
    [{ attempts_left: MOST_ATTEMPTS }],
    [{ attempts_left: MOST_ATTEMPTS - 1 }],
  ])
  expect(await codes.redeem(ada, right)).toBe(true)
})

test('codes that are over leave MySQL when others come', async () => {
  const codes = databaseVerificationCodes(databases)
  await codes.issue(ada, right)
  await PASS.mysql(CODE_LASTS_MS + 1_000)
  await codes.issue(eve, right)
  expect(await databases.writes.selectFrom('verification_codes').select('account').execute()).toHaveLength(1)
})

test('codes in Redis are over by themselves', async () => {
  await redisVerificationCodes(redis.shop).issue(ada, right)
  for (const key of await redis.lab.keys('*')) expect(await redis.lab.pttl(key)).toBeGreaterThan(0)
})

test('a code is six digits of which each comes up', () => {
  const codes = Array.from({ length: 2_000 }, newCode)
  for (const code of codes) expect(code).toMatch(/^[0-9]{6}$/)
  for (let at = 0; at < 6; at++) expect(new Set(codes.map((code) => code[at])).size).toBe(10)
})

test('a digest depends on key, account and code, and an account not on the case of its address', () => {
  const all = [
    digestOf('k', ada, '000000'),
    digestOf('l', ada, '000000'),
    digestOf('k', eve, '000000'),
    digestOf('k', ada, '000001'),
  ]
  expect(new Set(all.map((one) => one.toString('hex'))).size).toBe(4)
  expect(accountOf('Ada@Example.COM')).toEqual(accountOf(ada))
})
