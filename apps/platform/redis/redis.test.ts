import type { ChildProcess } from 'node:child_process'
import { Command } from 'ioredis'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { failToSave, startTestRedis, type TestRedis } from '../../../infra/redis/test-server.ts'
import { parseRedisUrl } from './address.ts'
import type { BoundedRedis } from './bounded.ts'
import { type Together, together } from './keys.ts'
import { connectCache, connectState } from './redis.ts'
import { isRedisDown } from './redis-down.ts'
import { redisScript } from './script.ts'

const WAIT = { timeout: 20_000, interval: 10 }

let server: TestRedis
let client: BoundedRedis
let lines: string[]
beforeEach(async () => {
  server = await startTestRedis()
  lines = []
})
afterEach(async () => {
  client.close()
  signal(server.child, 'SIGCONT')
  await server.stop()
})

async function connected(connect: typeof connectCache, url = server.url): Promise<BoundedRedis> {
  client = connect(parseRedisUrl('test', url), (line) => lines.push(line))
  await answers()
  return client
}

/** A command that the shop has no use for. */
function ask(name: string, ...args: string[]): Promise<unknown> {
  return client.sendCommand(new Command(name, args, { replyEncoding: 'utf8' }))
}

/** Until it takes commands again. */
async function answers(): Promise<void> {
  await vi.waitUntil(async () => (await failure(client.ping())) === undefined, WAIT)
}

/** To the server and the shell that owns it. */
function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid) process.kill(-pid, name)
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error) => error,
  )
}

test('commands and scripts work, and go out together', async () => {
  await connected(connectState)
  await client.set('state:a', '1', 'PX', 60_000)
  expect(await Promise.all([client.get('state:a'), ask('incr', 'state:b')])).toEqual(['1', 1])
  expect(await client.mgetBuffer(together('state:a'))).toEqual([Buffer.from('1')])
  const sum = redisScript<number>(client, "return redis.call('get', KEYS[1]) + redis.call('get', KEYS[2])")
  const keys = ['state:a', 'state:b'] as unknown as Together
  expect([await sum(keys, []), await sum(keys, [])]).toEqual([2, 2])
})

test('a mistake in a command is not taken for an outage', async () => {
  await connected(connectState)
  await client.set('state:text', 'text', 'PX', 60_000)
  const wrong = await failure(ask('incr', 'state:text'))
  expect(wrong).toMatchObject({ message: expect.stringContaining('not an integer') })
  expect(isRedisDown(wrong)).toBe(false)
  expect(isRedisDown(await failure(ask('flushall')))).toBe(false)
})

test('one that is dead is refused at once, told once, and used again when it is back', async () => {
  await connected(connectCache)
  signal(server.child, 'SIGKILL')
  await vi.waitUntil(() => client.status !== 'ready', WAIT)
  const errors = await Promise.all(Array.from({ length: 100 }, () => failure(client.get('cache:a'))))
  expect(errors.every(isRedisDown)).toBe(true)
  expect(isRedisDown(await failure(redisScript(client, 'return 1')('cache:a', [])))).toBe(true)
  const { port } = server
  await server.stop()
  server = await startTestRedis({ port })
  await answers()
  expect(await client.get('cache:a')).toBe(null)
  expect(lines).toEqual([
    expect.stringMatching(/^redis redis is away: /),
    expect.stringMatching(/^redis redis answers again after \d+ ms$/),
  ])
})

test('one that hangs costs a few requests a short wait and the rest nothing', async () => {
  await connected(connectCache)
  signal(server.child, 'SIGSTOP')
  const first = await Promise.all(Array.from({ length: 5 }, () => failure(client.get('cache:a'))))
  expect(first.map((error) => (error as Error).message)).toEqual(
    Array.from({ length: 5 }, () => 'redis did not answer within 150 ms'),
  )
  const later = await Promise.all(Array.from({ length: 100 }, () => failure(client.get('cache:a'))))
  expect(later.map((error) => (error as Error).message)).toEqual(Array.from({ length: 100 }, () => 'redis: no connection'))
  signal(server.child, 'SIGCONT')
  await answers()
  expect(await client.get('cache:a')).toBe(null)
})

test('a process that was stopped itself does not blame Redis', async () => {
  await connected(connectCache)
  const asked = client.get('cache:a')
  const until = performance.now() + 400
  while (performance.now() < until);
  expect(await asked).toBe(null)
})

test('a command whose answer was lost is not sent again', async () => {
  await connected(connectState)
  signal(server.child, 'SIGSTOP')
  const lost = await Promise.all([1, 2, 3].map(() => failure(ask('incr', 'state:count'))))
  expect(lost.every(isRedisDown)).toBe(true)
  signal(server.child, 'SIGCONT')
  await answers()
  expect(await client.get('state:count')).toBe('3')
})

test('one that is full is away for writes and answers reads', async () => {
  await server.stop()
  server = await startTestRedis({ role: 'state', options: ['maxmemory 2mb'] })
  await connected(connectState)
  await client.set('state:first', 'kept', 'PX', 60_000)
  let refused: unknown
  for (let index = 0; refused === undefined && index < 1_000; index++) {
    refused = await failure(client.set(`state:${index}`, 'x'.repeat(10_000), 'PX', 60_000))
  }
  expect(isRedisDown(refused)).toBe(true)
  expect(await client.get('state:first')).toBe('kept')
  expect(lines).toEqual([expect.stringMatching(/^redis redis does not do all that it is asked: OOM /)])
})

test('one whose disk is full is away for writes and answers reads', async () => {
  await connected(connectState)
  await client.set('state:first', 'kept', 'PX', 60_000)
  await failToSave(server)
  expect(isRedisDown(await failure(client.set('state:more', 'x', 'PX', 60_000)))).toBe(true)
  expect(await client.get('state:first')).toBe('kept')
  expect(lines).toEqual([expect.stringMatching(/^redis redis does not do all that it is asked: MISCONF /)])
})
