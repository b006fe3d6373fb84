import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { testFolder } from '../../infra/process/test-folder.ts'
import { startTestRedis } from '../../infra/redis/test-server.ts'
import { type EventParts, eventParts } from '../fixtures/event-parts.ts'
import { orderEvent } from '../fixtures/order-events.ts'
import { redisDatabase } from '../fixtures/redis-database.ts'
import { orderRelay } from '../orders/order-relay.ts'
import { parseRedisUrl } from '../platform/redis/address.ts'
import { createTablesOf } from '../shop/prepare.ts'
import { consumers } from './consumers.ts'
import { folderMailbox } from './mailbox.ts'
import { selectHistory } from './queries.ts'

const WITHIN = { timeout: 30_000, interval: 50 }

test('what a service puts into its outbox becomes an audit, a list of bestsellers and mails, with two of each at work', async () => {
  const server = await startTestRedis({ role: 'events' })
  const parts: EventParts = await eventParts(inject('databaseUrl'), server.url)
  const state = await redisDatabase(inject('redisUrl'))
  await createTablesOf(parts.db, ['consumers'])
  const events = parseRedisUrl('the events', parts.redisUrl)
  const folder = join(testFolder(), 'mails')
  const sending = { mailbox: folderMailbox(folder), addressOf: async (userId: string) => `${userId}@example.com` }
  const all = [1, 2].flatMap(() => {
    const name = randomUUID()
    const own = { name, db: parts.db as never, events }
    return [orderRelay(own), consumers({ ...own, ...sending, state: state.shop })]
  })
  onTestFinished(async () => {
    await Promise.all(all.map((one) => one.stop()))
    state.close()
    await parts.close()
    await server.stop()
  })
  for (const one of all) one.start()
  for (const type of ['placed', 'paid'] as const) await parts.tell(['ord_1', orderEvent('ord_1', type, 3)])
  await expect
    .poll(async () => (await selectHistory(parts.db as never, 'ord_1')).map(({ type }) => type), WITHIN)
    .toEqual(['placed', 'paid'])
  await expect.poll(() => state.shop.zrange('state:bestsellers:{all}', 0, 0, 'REV', 'WITHSCORES'), WITHIN).toEqual(['prd_1', '3'])
  await expect
    .poll(() => (existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.eml')) : []), WITHIN)
    .toHaveLength(2)
})
