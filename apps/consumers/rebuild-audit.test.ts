import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { type EventParts, eventParts, goOn, STREAM } from '../fixtures/event-parts.ts'
import { orderEvent } from '../fixtures/order-events.ts'
import { eventHistory } from '../platform/events/history.ts'
import type { Database } from '../platform/mysql/database.ts'
import { createTablesOf } from '../shop/prepare.ts'
import { audit } from './audit.ts'
import type { ConsumersTables } from './queries.ts'
import { rebuildAudit } from './rebuild-audit.ts'

let parts: EventParts
let db: Database<ConsumersTables>
beforeEach(async () => {
  parts = await eventParts(inject('databaseUrl'), inject('redisUrl'))
  db = parts.db as Database
  await createTablesOf(parts.db, ['consumers'])
})
afterEach(() => parts.close())

const history = async () => {
  const rows = await db.selectFrom('order_history').select(['order_id', 'type']).orderBy('order_id').orderBy('number').execute()
  return rows.map(({ order_id, type }) => `${order_id} ${type}`)
}

test('the audit that is made from the beginning is the one that was, whatever became of it', async () => {
  const redis = await parts.connect()
  const tell = async (...events: readonly ReturnType<typeof orderEvent>[]) => {
    await parts.tell(...events.map((event) => [event.orderId, event] as const))
    await goOn(
      relay,
      async () => (await parts.db.selectFrom('outbox').where('sent_ms', 'is', null).select('id').execute()).length === 0,
    )
  }
  const relay = parts.relay()
  const live = await parts.consumer({ ...audit, lastsMs: 1_000 })
  await tell(orderEvent('ord_1', 'placed'), orderEvent('ord_2', 'placed'), orderEvent('ord_1', 'paid'))
  await goOn(live, async () => (await history()).length === 3)
  const right = await history()
  const rebuild = async () => {
    const { events, ...counts } = await eventHistory({ redis, stream: STREAM, outbox: parts.db })
    return { ...counts, ...(await rebuildAudit(parts.db as Database, events)) }
  }
  expect(await rebuild()).toEqual({ fromStream: 3, fromOutbox: 0, events: 3, missing: 0, wrong: 0 })
  expect(await history()).toEqual(right)

  // The stream forgets the beginning, one row is gone, and one says something else.
  const [first = ''] = (await parts.lab.xrange(STREAM, '-', '+')).map(([id]) => id)
  await parts.lab.xdel(STREAM, first)
  await db.deleteFrom('order_history').where('type', '=', 'paid').execute()
  await db.updateTable('order_history').set({ total_cents: 1 }).where('order_id', '=', 'ord_2').execute()
  expect(await rebuild()).toEqual({ fromStream: 2, fromOutbox: 1, events: 3, missing: 1, wrong: 1 })
  expect(await history()).toEqual(right)

  // Its consumer goes on, and does nothing twice.
  await tell(orderEvent('ord_2', 'cancelled'))
  await goOn(live, async () => (await history()).length === 4)
  expect(await history()).toEqual(['ord_1 placed', 'ord_1 paid', 'ord_2 placed', 'ord_2 cancelled'])
})
