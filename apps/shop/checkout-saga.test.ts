/** What a shop promises whose catalogue is in a database of its own, and in a process of its own: the same as any other. */
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { settingsOf } from '../../infra/stage/settings.ts'
import loadBalanced from '../../stages/3-load-balanced.ts'
import { contract } from '../../stages/contract/contract.ts'
import { PATIENCE } from '../../stages/contract/patience.ts'
import { appEnvironment } from '../fixtures/app-document.ts'
import { waitsOf, watchQuestions } from '../fixtures/request-waits.ts'
import { demoDatabase, type OwnDatabase } from '../fixtures/shop-database.ts'
import { type SplitShop, startSplitShop } from '../fixtures/split-shop.ts'
import type { App } from '../platform/http/server.ts'
import { parseDatabaseUrl } from '../platform/mysql/address.ts'
import { DEMO_PASSWORD, demoUsers } from '../users/seed.ts'
import { buildShop } from './app.ts'
import { readConfig } from './config.ts'

const settings = settingsOf(loadBalanced.settings, ['checkout=saga', ...PATIENCE])
const LONG_AGO = new Date(0)

let people: OwnDatabase
let catalogue: OwnDatabase
let split: SplitShop

beforeAll(async () => {
  ;[people, catalogue] = await Promise.all([demoDatabase(inject('databaseUrl')), demoDatabase(inject('databaseUrl'))])
  split = await startSplitShop({ people: people.url, catalogue: catalogue.url }, settings)
})
afterAll(async () => {
  await split?.stop()
  await Promise.all([people.close(), catalogue.close()])
})

describe('with a saga between two databases', () => contract(() => ({ url: split.url, outboxFile: split.outboxFile })))

test('the shelf of the one and the orders of the other agree', async () => {
  const [shelf, desk] = [catalogue.writes, people.writes]
  // Nobody asks any more, so nothing is left but what sweeps still have to keep.
  await shelf.updateTable('reservations').set({ expires_at: LONG_AGO }).where('state', '=', 'held').execute()
  await vi.waitFor(async () => {
    expect(await shelf.selectFrom('reservations').select('order_id').where('state', '=', 'held').execute()).toEqual([])
  })
  const kept = await shelf.selectFrom('reservations').select(['order_id', 'lines']).where('state', '=', 'kept').execute()
  const live = await desk.selectFrom('orders').select('id').where('status', '!=', 'cancelled').execute()
  expect(kept.map(({ order_id }) => order_id).sort()).toEqual(live.map(({ id }) => id).sort())
  expect(live.length).toBeGreaterThan(50)
  expect(await desk.selectFrom('order_keys').select('order_id').where('pending_until', 'is not', null).execute()).toEqual([])
  expect(await desk.selectFrom('owed_returns').select('order_id').execute()).toEqual([])
  // Each keeps to its own tables.
  expect(await shelf.selectFrom('orders').select('id').execute()).toEqual([])
  expect(await desk.selectFrom('reservations').select('order_id').execute()).toEqual([])
})

describe('one process that has both databases', () => {
  let app: App
  beforeAll(async () => {
    watchQuestions()
    const stores = { people: storeAt(people), catalogue: storeAt(catalogue) }
    const data = { users: 'people', products: 'catalogue', orders: 'people', payments: 'people' }
    app = (await buildShop(readConfig(appEnvironment({ databaseUrl: people.url, settings, stores, data })))).app
    await app.ready()
  })
  afterAll(async () => {
    await app.close()
    vi.restoreAllMocks()
  })

  test('ends what another left, and counts it', async () => {
    const key = { user_id: 'usr_x_07', idempotency_key: 'k', request_hash: Buffer.alloc(32), order_id: 'ord_x_07' }
    await people.writes
      .insertInto('order_keys')
      .values({ ...key, pending_until: LONG_AGO })
      .execute()
    await vi.waitFor(async () => {
      const { body } = await app.inject('/metrics')
      expect(body).toMatch(/^outgrow_checkout_compensations_total\{result="done"[^}]*\} [1-9]/m)
      expect(body).toMatch(/^outgrow_checkout_unsettled_orders\S* 0$/m)
    })
    const found = await people.writes.selectFrom('order_keys').select('order_id').where('order_id', '=', key.order_id).execute()
    expect(found).toEqual([])
  })

  test('answers an order after three commits, of which one is in the catalogue', async () => {
    const [shopper] = demoUsers().filter(({ role }) => role === 'shopper')
    const logIn = { email: shopper?.email, password: DEMO_PASSWORD }
    const { headers } = await app.inject({ method: 'POST', url: '/sessions', payload: logIn })
    const cookie = String(headers['set-cookie']).split(';')[0] ?? ''
    const payload = { items: ['prd_00042', 'prd_00043'].map((productId) => ({ productId, quantity: 1 })) }
    const order = (key: string) => {
      return app.inject({ method: 'POST', url: '/orders', headers: { cookie, 'idempotency-key': key }, payload })
    }
    // Statements are known then, and so is the session.
    expect((await order('first')).statusCode).toBe(201)
    const { commits, databaseWaits, statements } = await waitsOf(async () => {
      expect((await order('second')).statusCode).toBe(201)
    })
    const asked = statements.join('\n')
    expect(commits, asked).toBe(3)
    expect(statements.filter((text) => /`(?:products|reservations)`/.test(text)).map((text) => text.split(' ')[0])).toEqual([
      'select',
      'insert',
      'update',
    ])
    expect(databaseWaits, asked).toBeLessThanOrEqual(13)
  })
})

function storeAt({ url }: OwnDatabase) {
  return { servers: [parseDatabaseUrl('test', url)] }
}
