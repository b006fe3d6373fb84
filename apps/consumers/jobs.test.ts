import { once } from 'node:events'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { createDatabase } from '../../infra/mysql/test-server.ts'
import { spawnOwned } from '../../infra/process/owned-process.ts'
import { startTestRedis, type TestRedis } from '../../infra/redis/test-server.ts'
import type { RedisAddress } from '../../infra/stage/app-document.ts'
import { recordSpans, wholesOf } from '../fixtures/recorded-spans.ts'
import { parseDatabaseUrl } from '../platform/mysql/address.ts'
import { connectDatabase } from '../platform/mysql/database.ts'
import { beginSpan, inSpan } from '../platform/process/span.ts'
import { parseRedisUrl } from '../platform/redis/address.ts'
import { isRedisDown } from '../platform/redis/redis-down.ts'
import { createTablesOf } from '../shop/prepare.ts'
import type { Mail } from '../users/mailer.ts'
import { reportDays } from './daily-report.ts'
import { jobQueue, jobWorker } from './job-queue.ts'
import { mailJobs, mailWorker } from './mail-jobs.ts'
import type { ConsumersTables } from './queries.ts'

const PROGRAM = join(import.meta.dirname, '../fixtures/job-process.ts')
const WITHIN = { timeout: 40_000, interval: 20 }
const JOB = { key: 'evt_1', userId: 'usr_0100', subject: 'Your order', text: 'is placed' }

let server: TestRedis
let address: RedisAddress
const closing: (() => Promise<unknown>)[] = []
beforeEach(async () => {
  server = await startTestRedis({ role: 'events' })
  address = parseRedisUrl('the jobs', server.url)
})
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
  await server.stop()
})

async function lab<Answer>({ labUrl }: TestRedis, ask: (redis: Redis) => Promise<Answer>): Promise<Answer> {
  const redis = new Redis(labUrl)
  return ask(redis).finally(() => redis.disconnect())
}

function owned<Part extends { close(): Promise<unknown> }>(part: Part): Part {
  closing.push(() => part.close())
  return part
}

/** As a mailbox has them: one for each key. */
function collecting(deliver: (key: string) => void = () => {}) {
  const mails = new Map<string, Mail>()
  const mailbox = {
    async deliver(key: string, mail: Mail) {
      deliver(key)
      mails.set(key, mail)
    },
  }
  return { mails, sending: { mailbox, addressOf: async (userId: string) => `${userId}@example.com` } }
}

test('a job goes on with the trace of who added it', async () => {
  const told = recordSpans()
  const done: string[] = []
  const work = async (data: string) => void done.push(data)
  owned(jobWorker<string>('traced', address, work))
  const jobs = owned(jobQueue<string>('traced', address))
  const handling = beginSpan(() => ({ name: 'handle notifications', kind: 'consumer' }))
  await inSpan(handling, () => jobs.add('one', 'of a trace'))
  await jobs.add('two', 'of none')
  await expect.poll(() => done.length, WITHIN).toBe(2)
  const job = told.find(({ name }) => name === 'do traced')
  expect(job && wholesOf(job, told)).toEqual(['add traced', 'handle notifications'])
  expect(told.filter(({ name }) => name === 'do traced')).toHaveLength(1)
})

test('a mail is sent when its time has come, once though it is asked for twice', async () => {
  const { mails, sending } = collecting()
  const jobs = owned(mailJobs(address, 300))
  const addedAt = performance.now()
  await jobs.add(JOB)
  await jobs.add(JOB)
  owned(mailWorker(address, sending))
  await expect.poll(() => mails.size, WITHIN).toBe(1)
  expect(performance.now() - addedAt).toBeGreaterThanOrEqual(290)
  expect([...mails]).toEqual([['evt_1', { to: 'usr_0100@example.com', subject: 'Your order', text: 'is placed' }]])
})

test('what fails is tried again', async () => {
  let attempts = 0
  const { mails, sending } = collecting(() => {
    attempts += 1
    if (attempts < 3) throw new Error('no mail server')
  })
  const jobs = owned(jobQueue<typeof JOB>('mail', address))
  await jobs.add(JOB.key, JOB, { backoffMs: 10 })
  owned(mailWorker(address, sending))
  await expect.poll(() => mails.size, WITHIN).toBe(1)
  expect(attempts).toBe(3)
})

test('the job of a worker that is killed in the middle of it is done by another', async () => {
  const { mails, sending } = collecting()
  await owned(mailJobs(address, 0)).add(JOB)
  await once(spawnOwned({ path: process.execPath, args: [PROGRAM, server.url], env: { PATH: process.env.PATH } }), 'exit')
  owned(mailWorker(address, sending))
  await expect.poll(() => mails.size, WITHIN).toBe(1)
})

test('what is to be done by the clock is done once, by whomever it is asked for', async () => {
  const done: number[] = []
  for (const number of [1, 2]) {
    await owned(jobQueue<object>('tick', address)).repeat('ticking', '* * * * * *', {})
    owned(jobWorker<object>('tick', address, async () => void done.push(number)))
  }
  await expect.poll(() => done.length, WITHIN).toBe(2)
  expect(await lab(server, (redis) => redis.zcard('events:jobs:{shop}:tick:repeat'))).toBe(1)
})

test('who adds a job while Redis is away hears of it soon', async () => {
  const jobs = owned(mailJobs(address, 0))
  await jobs.add(JOB)
  await server.stop()
  const failed = await jobs.add({ ...JOB, key: 'evt_2' }).catch((error: unknown) => error)
  expect(isRedisDown(failed)).toBe(true)
})

test('each day has its report, once', async () => {
  const db = connectDatabase<ConsumersTables>(parseDatabaseUrl('the database', await createDatabase(inject('databaseUrl'))))
  closing.push(() => db.destroy())
  await createTablesOf(db, ['consumers'])
  const rows = [
    ['placed', 500, '2026-03-01T10:00:00Z'],
    ['paid', 500, '2026-03-01T23:59:59.999Z'],
    ['placed', 300, '2026-03-02T00:00:00Z'],
    ['placed', 300, '2026-03-03T00:00:00Z'],
  ] as const
  const history = rows.map(([type, total_cents, at], number) => {
    return { event_id: `evt_${number}`, order_id: 'ord_1', user_id: 'usr_0100', type, total_cents, happened_at: new Date(at) }
  })
  await db.insertInto('order_history').values(history).execute()
  const { mails, sending } = collecting()
  for (let time = 0; time < 2; time++) await reportDays({ db, mailbox: sending.mailbox }, Date.parse('2026-03-03T00:05:00Z'))
  expect([...mails].map(([key, { text }]) => [key, text])).toEqual([
    ['report-2026-03-01', 'Orders placed 1, paid 1, cancelled 0.\nPaid in all 5.00.'],
    ['report-2026-03-02', 'Orders placed 1, paid 0, cancelled 0.\nPaid in all 0.00.'],
  ])
})
