/** What an order and its payment cost where databases and Redis are other hosts: each wait is a way there and back, each commit a disk and a replica. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { startTestGroup, type TestGroup } from '../../infra/mysql/test-group.ts'
import { ownedFolder } from '../../infra/process/owned-process.ts'
import { emptyDatabase } from '../../infra/redis/test-server.ts'
import { settingsOf } from '../../infra/stage/settings.ts'
import stage4 from '../../stages/4-primary-replica-redis.ts'
import { buildBank } from '../bank/bank.ts'
import { openLedger } from '../bank/ledger.ts'
import { appDocument } from '../fixtures/app-document.ts'
import { type RequestWaits, waitsOf, watchQuestions } from '../fixtures/request-waits.ts'
import { fillShop } from '../fixtures/shop-database.ts'
import type { App } from '../platform/http/server.ts'
import { parseDatabaseUrl } from '../platform/mysql/address.ts'
import { connectDatabase } from '../platform/mysql/database.ts'
import { buildShop } from './app.ts'
import { readConfig } from './config.ts'

const PRODUCTS = ['prd_a', 'prd_b'].map((id) => ({ id, stock: 1_000 }))
const ITEMS = PRODUCTS.map(({ id }) => ({ productId: id, quantity: 2 }))
const ada = { email: 'ada@example.com', password: 'correct horse' }

let app: App
let cookie: string
let serial = 0

beforeAll(async () => {
  watchQuestions()
  vi.spyOn(console, 'log').mockImplementation(() => {})
  const group = await startTestGroup()
  const folder = await ownedFolder('checkout-cost')
  const bank = buildBank(await openLedger(join(folder.path, 'ledger.jsonl')))
  const bankUrl = await bank.listen({ host: '127.0.0.1', port: 0 })
  await fillPrimary(group)
  app = (await buildShop(readConfig({ OUTGROW_CONFIG: JSON.stringify(await documentOf(group, bankUrl)) }))).app
  await app.ready()
  cookie = await logIn()
  return async () => {
    await app.close()
    await bank.close()
    await folder.remove()
    await group.stop()
  }
})
afterAll(() => void vi.restoreAllMocks())

async function fillPrimary(group: TestGroup): Promise<void> {
  const database = connectDatabase(parseDatabaseUrl('test', group.urlOf('primary')))
  await fillShop(database, PRODUCTS)
  await database.insertInto('categories').values({ id: 'cat_01', name: 'Of all products' }).execute()
  await database.destroy()
}

/** One of the apps of stage 4. */
async function documentOf(group: TestGroup, bankUrl: string) {
  const [databaseUrl, redisUrl] = [group.urlOf('primary'), inject('redisUrl')]
  const [cacheUrl, stateUrl] = [await emptyDatabase(redisUrl), await emptyDatabase(redisUrl)]
  const servers = group.names.map((name) => ({ ...parseDatabaseUrl('test', group.urlOf(name)), name }))
  const settings = settingsOf(stage4.settings)
  return appDocument({
    ...{ databaseUrl, cacheUrl, stateUrl, settings, bankUrl, duty: 'requests' },
    stores: { db: { servers, keeperUrl: group.keeperUrl } },
  })
}

function call(method: 'GET' | 'POST' | 'PUT', url: string, payload?: object) {
  serial += 1
  const headers = { ...(cookie && { cookie }), 'idempotency-key': `key-${serial}` }
  return app.inject({ method, url, headers, ...(payload && { payload }) })
}

async function logIn(): Promise<string> {
  await call('POST', '/users', { ...ada, name: 'Ada' })
  const { headers } = await call('POST', '/sessions', ada)
  return String(headers['set-cookie']).split(';')[0] ?? ''
}

const STATUS = { tok_approved: 201, tok_declined: 402 } as const
type Card = keyof typeof STATUS
type Checkout = { readonly order: RequestWaits; readonly payment: RequestWaits }

async function checkOut(card: Card): Promise<Checkout> {
  let orderId = ''
  const order = await waitsOf(async () => {
    const answer = await call('POST', '/orders', { items: ITEMS })
    expect(answer.statusCode).toBe(201)
    orderId = answer.json().id
  })
  const payment = await waitsOf(async () => {
    const { statusCode } = await call('POST', `/orders/${orderId}/payments`, { card })
    expect(statusCode).toBe(STATUS[card])
  })
  return { order, payment }
}

/** As one of many: its scripts are known to Redis, and Redis is known to have been told of all log-outs. */
async function usualCheckout(card: Card): Promise<Checkout> {
  await checkOut(card)
  const isUsual = async () => expect((await waitsOf(() => call('GET', '/sessions/current'))).statements).toEqual([])
  await vi.waitFor(isUsual, { timeout: 20_000 })
  return checkOut(card)
}

/** Of both together; fewer is better, and what is told of a failure says where they went. */
function costOf({ order, payment }: Checkout) {
  const sum = (of: 'databaseWaits' | 'commits' | 'redisWaits') => order[of] + payment[of]
  const asked = [...order.statements, ...order.commands, ...payment.statements, ...payment.commands].join('\n')
  return { databaseWaits: sum('databaseWaits'), commits: sum('commits'), redisWaits: sum('redisWaits'), asked }
}

test.each(['tok_approved', 'tok_declined'] as const)(
  'an order and its payment with %s wait no more often than this',
  async (card) => {
    const { databaseWaits, commits, redisWaits, asked } = costOf(await usualCheckout(card))
    expect(databaseWaits, asked).toBeLessThanOrEqual(13)
    expect(commits, asked).toBeLessThanOrEqual(3)
    expect(redisWaits, asked).toBeLessThanOrEqual(7)
  },
)

test('what is in the cart is ordered with one statement more, in the same commit', async () => {
  const orderCart = async () => {
    for (const { productId, quantity } of ITEMS) {
      const { statusCode, body } = await call('PUT', `/cart/items/${productId}`, { quantity })
      expect(statusCode, body).toBe(200)
    }
    return waitsOf(async () => {
      const { statusCode, body } = await call('POST', '/orders', { fromCart: true })
      expect(statusCode, body).toBe(201)
    })
  }
  await orderCart()
  const { order } = await usualCheckout('tok_approved')
  const ofCart = await orderCart()
  const asked = [...ofCart.statements, ...ofCart.commands].join('\n')
  expect(ofCart.databaseWaits, asked).toBe(order.databaseWaits + 1)
  expect(ofCart.commits, asked).toBe(order.commits)
  // The cart is looked at, and what is kept of it suspended and renewed.
  expect(ofCart.redisWaits, asked).toBeLessThanOrEqual(order.redisWaits + 3)
})
