import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { ownedFolder } from '../../infra/process/owned-process.ts'
import { startTestRedis } from '../../infra/redis/test-server.ts'
import { passTime, type RedisDatabase, redisDatabase } from '../fixtures/redis-database.ts'
import { shopDatabase } from '../fixtures/shop-database.ts'
import { shopParts } from '../fixtures/shop-parts.ts'
import { redisSessions, UNASKED } from './redis-sessions.ts'
import { databaseRevocations, NO_REVOCATIONS } from './revocations.ts'
import { hashToken, IDLE_MS, LIFETIME_MS, newToken, PROLONG_EVERY_MS, type Sessions } from './sessions.ts'

const user = { id: 'usr_shopper_0001_46', email: 'shopper-0001@example.com', name: 'Ada Allen', role: 'shopper' } as const
const unavailable = expect.objectContaining({ code: 'UNAVAILABLE', retryAfterS: 1 })

const { databases, redis } = shopParts(() => shopDatabase(inject('databaseUrl')))
let sessions: Sessions
beforeEach(() => {
  sessions = sessionsOf(redis)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const sessionsOf = ({ shop }: RedisDatabase): Sessions => redisSessions(shop, databaseRevocations(shop, databases))
const keyOf = (token: string) => `state:session:{${hashToken(token).toString('hex')}}`

async function logIn(to = sessions): Promise<string> {
  const token = newToken(user.id)
  await to.create(hashToken(token), user)
  return token
}
const find = (token: string, from = sessions) => from.find(hashToken(token))

describe('a session in Redis', () => {
  test('is under the hash of its token, and lives as long as it may be idle', async () => {
    const token = await logIn()
    const left = await redis.lab.pttl(keyOf(token))
    expect(left).toBeGreaterThan(IDLE_MS - 60_000)
    expect(left).toBeLessThanOrEqual(IDLE_MS)
    expect(await redis.lab.pttl(`state:sessions-of:{${user.id}}`)).toBeGreaterThan(LIFETIME_MS - 60_000)
    for (const key of await redis.lab.keys('*')) {
      const value = key.includes('sessions-of') ? await redis.lab.zrange(key, '0', '-1') : await redis.lab.get(key)
      expect(`${key} ${value}`).not.toContain(token)
      expect(await redis.lab.pttl(key)).toBeGreaterThan(0)
    }
  })

  test('is checked with one command that only reads, and prolonged once a minute', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const token = await logIn()
    const sent = vi.spyOn(redis.shop, 'sendCommand')
    const commandsOf = async (work: () => Promise<unknown>) => {
      sent.mockClear()
      await work()
      return sent.mock.calls.map(([command]) => command.name)
    }
    expect(await commandsOf(() => find(token))).toEqual(['get'])
    vi.advanceTimersByTime(PROLONG_EVERY_MS)
    expect(await commandsOf(() => find(token))).toEqual(['get', 'set'])
    expect(await commandsOf(() => find(token))).toEqual(['get'])
  })

  test('is not prolonged past its end, nor when it has been ended in the meantime', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const token = await logIn()
    vi.advanceTimersByTime(LIFETIME_MS - 10_000)
    expect(await find(token)).toEqual(user)
    expect(await redis.lab.pttl(keyOf(token))).toBeLessThanOrEqual(10_000)
    vi.advanceTimersByTime(PROLONG_EVERY_MS - 10_000)
    const other = await logIn()
    vi.advanceTimersByTime(PROLONG_EVERY_MS)
    const get = redis.shop.get.bind(redis.shop)
    vi.spyOn(redis.shop, 'get').mockImplementationOnce(async (key) => {
      const value = await get(key)
      await redis.lab.del(key)
      return value
    })
    await find(other)
    expect(await redis.lab.exists(keyOf(other))).toBe(0)
  })

  test('ends for all apps when its user logs out anywhere', async () => {
    const elsewhere = sessionsOf({ ...redis, shop: await redis.connect() })
    const [one, two, three] = [await logIn(), await logIn(elsewhere), await logIn()]
    await elsewhere.end(hashToken(one))
    expect([await find(one), await find(two)]).toEqual([undefined, user])
    await sessions.endAll(user.id)
    expect([await find(two, elsewhere), await find(three, elsewhere)]).toEqual([undefined, undefined])
    expect(await redis.lab.keys('*')).toEqual([])
  })

  test('ends where its user logged in first when there are too many', async () => {
    const first = await logIn()
    const second = await logIn()
    for (let count = 2; count < 1_001; count++) await logIn()
    expect([await find(first), await find(second)]).toEqual([undefined, user])
    expect(await redis.lab.zcard(`state:sessions-of:{${user.id}}`)).toBe(1_000)
  })

  test.each([
    ['another type', (key: string) => redis.lab.rpush(key, 'x')],
    ['no JSON', (key: string) => redis.lab.set(key, '{')],
    ['no user', (key: string) => redis.lab.set(key, '{"user":{"id":1},"endsAt":1,"prolongAt":1}')],
    ['a role that there is not', (key: string) => redis.lab.set(key, JSON.stringify({ user: { ...user, role: 'root' } }))],
  ])('is none where the key holds %s, and the log says so', async (_, plant) => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    await plant(keyOf('token'))
    expect(await find('token')).toBeUndefined()
    expect(log.mock.calls).toEqual([[expect.stringContaining('holds what no app has written')]])
    await sessions.end(hashToken('00token'))
  })

  test('is begun where the set of its user’s sessions holds another type; until then nobody says that all were ended', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => {})
    const set = `state:sessions-of:{${user.id}}`
    await redis.lab.set(set, 'nonsense')
    await expect(sessions.endAll(user.id)).rejects.toEqual(expect.objectContaining({ code: 'UNAVAILABLE' }))
    const token = await logIn()
    expect(await find(token)).toEqual(user)
    await redis.lab.zadd(set, 'inf', 'nonsense')
    await sessions.endAll(user.id)
    expect(await find(token)).toBeUndefined()
    const last = await logIn()
    await redis.lab.set(set, 'nonsense')
    await sessions.end(hashToken(last))
    expect(await find(last)).toBeUndefined()
  })

  test('is lost with everything that Redis holds, and its user logs in again', async () => {
    const token = await logIn()
    await redis.lab.flushdb()
    expect(await find(token)).toBeUndefined()
    expect(await find(await logIn())).toEqual(user)
  })
})

describe('a Redis of its own', () => {
  async function start({ options = [] }: { options?: string[] } = {}) {
    const server = await startTestRedis({ role: 'state', options })
    const database = await redisDatabase(server.url)
    onTestFinished(async () => {
      database.close()
      await server.stop()
    })
    return { ...database, server }
  }

  test('keeps its sessions when it is killed and started again', async () => {
    const folder = await ownedFolder('outgrow-aof-')
    onTestFinished(folder.remove)
    const options = [`dir "${folder.path}"`]
    const first = await start({ options })
    const own = sessionsOf(first)
    const [kept, ended] = [await logIn(own), await logIn(own)]
    await own.end(hashToken(ended))
    await first.server.stop()
    const second = await startTestRedis({ role: 'state', options, port: first.server.port })
    onTestFinished(second.stop)
    await vi.waitFor(async () => expect(await find(kept, own)).toEqual(user), { timeout: 10_000 })
    expect(await find(ended, own)).toBeUndefined()
  })

  test('that refuses writes still tells who is logged in; a log-out is refused, and may be repeated', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const server = await start()
    const own = sessionsOf(server)
    const token = await logIn(own)
    await vi.waitFor(async () => expect(await find(token, own)).toEqual(user))
    await server.lab.config('SET', 'min-replicas-to-write', '1')
    vi.advanceTimersByTime(PROLONG_EVERY_MS)
    expect(await find(token, own)).toEqual(user)
    await expect(logIn(own)).rejects.toEqual(unavailable)
    for (let turn = 0; turn < 2; turn++) await expect(own.end(hashToken(token))).rejects.toEqual(unavailable)
    await server.lab.config('SET', 'min-replicas-to-write', '0')
    await own.end(hashToken(token))
    expect(await find(token, own)).toBeUndefined()
  })

  test('that is away: only so many log-outs are written down, as nobody knows whose they are', async () => {
    const server = await start()
    await server.server.stop()
    const write = vi.fn(async () => {})
    const own = redisSessions(server.shop, { ...NO_REVOCATIONS, write })
    const end = () => own.end(hashToken(newToken(user.id)))
    const ended = await Promise.allSettled(Array.from({ length: UNASKED.most + 1 }, end))
    const reasons = ended.map((one) => one.status === 'rejected' && one.reason)
    expect(reasons.slice(0, UNASKED.most)).toEqual(reasons.slice(1).map(() => unavailable))
    expect(reasons.at(-1)).toMatchObject({ code: 'TOO_MANY_REQUESTS' })
    expect(write).toHaveBeenCalledTimes(UNASKED.most)
  })

  test('that hangs is said to be away, and the log-out stands without being repeated', async () => {
    const server = await start()
    const own = sessionsOf(server)
    const token = await logIn(own)
    const signal = (name: NodeJS.Signals) => void process.kill(-(server.server.child.pid ?? 0), name)
    signal('SIGSTOP')
    await expect(find(token, own)).rejects.toEqual(unavailable)
    await expect(own.end(hashToken(token))).rejects.toEqual(unavailable)
    // The connection is given up after a few commands without an answer; who then connects anew hears of the log-out.
    await vi.waitFor(async () => {
      await find(token, own).catch(() => undefined)
      expect(server.shop.status).not.toBe('ready')
    })
    signal('SIGCONT')
    await vi.waitFor(async () => expect(await find(token, own)).toBeUndefined(), { timeout: 10_000 })
  })
})

test('time is passed by taking it away from every key', async () => {
  const token = await logIn()
  await passTime(redis, IDLE_MS)
  expect(await redis.lab.exists(keyOf(token))).toBe(0)
})
