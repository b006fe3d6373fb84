import type { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type PlainRedis, startPlainRedis } from './plain-redis.ts'

const KEPT = 100
const USERS = 20
/** For figures to be read, 5,000: `OUTGROW_CALLS=5000 npx vitest run --project unit timelines`. */
const CALLS = Number(process.env.OUTGROW_CALLS ?? 300)
/** In one step: nobody sees a timeline that is too long, and none grows where its writer dies between two commands. */
const ADD = `
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - tonumber(ARGV[3]))`

let server: PlainRedis
let redis: Redis
beforeAll(async () => {
  server = await startPlainRedis('save ""')
  redis = server.connect()
  return server.stop
})
beforeEach(() => redis.flushall())

const add = (user: string, post: number, client = redis) =>
  client.eval(ADD, 1, `timeline:{${user}}`, String(post), `post:${post}`, KEPT)
const latest = (user: string, count = KEPT) => redis.zrange(`timeline:{${user}}`, '0', String(count - 1), 'REV')

describe('the hundred latest posts of whom a user follows: a sorted set by time (I7)', () => {
  test('of 150 the hundred latest are kept, the newest first, in whatever order they come', async () => {
    const posts = Array.from({ length: 150 }, (_, number) => number)
    await Promise.all(posts.toSorted((one, other) => ((one * 7) % 150) - ((other * 7) % 150)).map((post) => add('1', post)))
    expect(await redis.zcard('timeline:{1}')).toBe(KEPT)
    expect(await latest('1')).toEqual(
      posts
        .slice(50)
        .toReversed()
        .map((post) => `post:${post}`),
    )
  })

  test('a post that is told again is there once', async () => {
    for (let time = 0; time < 3; time++) await add('1', 7)
    expect(await latest('1')).toEqual(['post:7'])
  })

  test('the latest of a list that is cut by LTRIM are those that came last, late ones included (I4)', async () => {
    const posts = [...Array.from({ length: 149 }, (_, number) => number + 1), 0]
    await Promise.all(
      posts.map((post) =>
        redis
          .multi()
          .lpush('recent:log', post)
          .ltrim('recent:log', 0, KEPT - 1)
          .exec(),
      ),
    )
    expect([await redis.llen('recent:log'), (await redis.lrange('recent:log', 0, 1)).join()]).toEqual([KEPT, '0,149'])
  })
})

/** Milliseconds of each, one after the other. */
async function timesOf(count: number, work: (number: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  for (let number = 0; number < count; number++) {
    const startedAt = performance.now()
    await work(number)
    times.push(performance.now() - startedAt)
  }
  return times.toSorted((one, other) => one - other)
}

describe('what it takes (I7)', () => {
  const rows: string[] = []
  const note = (name: string, times: readonly number[]) => {
    const at = (share: number) => (times[Math.floor(share * (times.length - 1))] ?? Number.NaN).toFixed(2)
    rows.push(`${name}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`)
  }
  afterAll(() => console.log(['timelines of 100 posts', ...rows].join('\n')))

  test('an insert into a full timeline, and a read of one', async () => {
    const users = Array.from({ length: USERS }, (_, user) => String(user))
    for (let post = 0; post < KEPT; post++) await Promise.all(users.map((user) => add(user, post)))
    note('insert', await timesOf(CALLS, (number) => add(String(number % USERS), KEPT + number)))
    note('read of 100', await timesOf(CALLS, (number) => latest(String(number % USERS))))
    note('read of 10', await timesOf(CALLS, (number) => latest(String(number % USERS), 10)))
    expect((await latest('7')).length).toBe(KEPT)
  })

  test('a post goes to each follower: of a thousand it is a thousand inserts', async () => {
    const followers = Array.from({ length: 1_000 }, (_, user) => String(user))
    const before = await calls()
    note(
      'a post to 1,000 followers, all at once',
      await timesOf(5, (post) => Promise.all(followers.map((user) => add(user, post)))),
    )
    expect((await calls()) - before).toBe(5_000)
  })

  async function calls(): Promise<number> {
    const [, count] = /^cmdstat_eval:calls=(\d+)/m.exec(await redis.info('commandstats')) ?? []
    return Number(count)
  }
})
