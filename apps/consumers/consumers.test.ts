import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { type EventParts, eventParts, goOn, STREAM } from '../fixtures/event-parts.ts'
import { orderEvent } from '../fixtures/order-events.ts'
import type { Sold } from '../orders/order.ts'
import type { Handler } from '../platform/inbox/handler.ts'
import type { Database } from '../platform/mysql/database.ts'
import { createTablesOf } from '../shop/prepare.ts'
import { audit } from './audit.ts'
import { countBestsellers } from './bestsellers.ts'
import { type MailJob, notifyCustomers } from './notifications.ts'
import { type ConsumersTables, selectBestsellers, selectHistory } from './queries.ts'

let parts: EventParts
let db: Database<ConsumersTables>
beforeEach(async () => {
  parts = await eventParts(inject('databaseUrl'), inject('redisUrl'))
  db = parts.db as Database
  await createTablesOf(parts.db, ['consumers'])
})
afterEach(() => parts.close())

async function sendAll(...events: readonly unknown[]): Promise<void> {
  for (const event of events) await parts.tell([(event as { orderId: string }).orderId, event])
  await goOn(parts.relay(), async () => (await parts.lab.xlen(STREAM)) >= events.length)
}

/** Every entry twice. */
async function sendTwice(...events: readonly unknown[]): Promise<void> {
  await sendAll(...events)
  for (const [, fields] of await parts.lab.xrange(STREAM, '-', '+')) await parts.lab.xadd(STREAM, '*', ...fields)
}

async function handleAll(handler: Handler): Promise<void> {
  const round = await parts.consumer(handler)
  const undone = async () => {
    const [group] = (await parts.lab.xinfo('GROUPS', STREAM).catch(() => [])) as unknown[][]
    return group === undefined || group[11] !== 0 || group[5] !== 0
  }
  await goOn(round, async () => !(await undone()))
}

const EVENTS = [
  orderEvent('ord_1', 'placed', 2),
  orderEvent('ord_2', 'placed'),
  orderEvent('ord_1', 'paid', 2),
  orderEvent('ord_2', 'cancelled'),
]

test('the audit has what became of each order, once and in its order', async () => {
  await sendTwice(...EVENTS)
  await handleAll(audit)
  const history = async (id: string) => (await selectHistory(db, id)).map(({ type, total_cents }) => [type, total_cents])
  expect(await history('ord_1')).toEqual([
    ['placed', 500],
    ['paid', 500],
  ])
  expect(await history('ord_2')).toEqual([
    ['placed', 250],
    ['cancelled', 250],
  ])
})

test('bestsellers are what was paid, each order counted once, and are shown', async () => {
  let shown: readonly Sold[] = []
  await sendTwice(...EVENTS)
  await handleAll(
    countBestsellers(db, async (sold) => {
      shown = sold
    }),
  )
  expect(shown).toEqual([{ productId: 'prd_1', pieces: 2 }])
  expect(await selectBestsellers(db, 10)).toEqual(shown)
})

test('customers hear of each event in a mail of its own', async () => {
  const jobs = new Map<string, MailJob>()
  await sendTwice(...EVENTS)
  await handleAll(notifyCustomers({ add: async (job) => void jobs.set(job.key, job) }))
  expect([...jobs.values()].map(({ subject }) => subject)).toEqual([
    'Your order ord_1 is placed',
    'Your order ord_2 is placed',
    'Your order ord_1 is paid',
    'Your order ord_2 is cancelled',
  ])
  expect([...jobs.values()][0]?.text).toBe('2 × Name of prd_1, 2.50 each\n\nIn all 5.00.')
})

test('a version that nobody knows yet is a dead letter, and is not lost', async () => {
  await sendAll({ ...orderEvent('ord_1', 'placed'), version: 2 })
  await handleAll(audit)
  const letters = await parts.db.selectFrom('dead_letters').select('fields').execute()
  expect(JSON.parse(JSON.parse(letters[0]?.fields ?? '{}').body).version).toBe(2)
})
