/** An administrator's request to open a sale that is sent again, as after an answer that was lost. */
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { createDatabase } from '../../../infra/mysql/test-server.ts'
import { settingsOf } from '../../../infra/stage/settings.ts'
import { appDocument } from '../../fixtures/app-document.ts'
import { fillShop } from '../../fixtures/shop-database.ts'
import type { App } from '../../platform/http/server.ts'
import { parseDatabaseUrl } from '../../platform/mysql/address.ts'
import { connectDatabase, type Database } from '../../platform/mysql/database.ts'
import { buildShop } from '../../shop/app.ts'
import type { Tables } from '../../shop/tables.ts'

const HOT = 'prd_hot'
const PIECES = 5
const MINUTE_MS = 60_000
const ADA = { email: 'ada@example.com', password: 'correct horse', name: 'Ada' }

let database: Database<Tables>
let app: App
let cookies: Record<string, string>

beforeEach(async () => {
  const databaseUrl = await createDatabase(inject('databaseUrl'))
  database = connectDatabase<Tables>(parseDatabaseUrl('test', databaseUrl))
  await fillShop(database, [{ id: HOT, stock: 1 }])
  await database.insertInto('categories').values({ id: 'cat_01', name: 'c' }).execute()
  const settings = settingsOf({ sessions: 'memory', cache: 'none', checkout: 'transaction' })
  const surroundings = { host: '127.0.0.1', outboxFile: '/dev/null', codeKey: 'key' }
  app = (await buildShop({ ...appDocument({ databaseUrl, settings }), ...surroundings, settings })).app
  await app.inject({ method: 'POST', url: '/users', payload: ADA })
  await database.updateTable('users').set({ role: 'admin' }).execute()
  const { email, password } = ADA
  const logIn = await app.inject({ method: 'POST', url: '/sessions', payload: { email, password } })
  cookies = { sid: logIn.cookies[0]?.value ?? '' }
})
afterEach(async () => {
  await app.close()
  await database.destroy()
})

type Sale = { pieces?: number; endsAt?: string; id?: string }
const soon = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString()

function open(key: string | undefined, { pieces = PIECES, endsAt = soon(MINUTE_MS), id = HOT }: Sale = {}) {
  const headers = key === undefined ? {} : { 'idempotency-key': key }
  return app.inject({ method: 'POST', url: `/products/${id}/flash-sale`, payload: { pieces, endsAt }, headers, cookies })
}

async function buy(): Promise<number> {
  const payload = { items: [{ productId: HOT, quantity: 1 }] }
  const headers = { 'idempotency-key': randomUUID() }
  return (await app.inject({ method: 'POST', url: '/orders', payload, headers, cookies })).statusCode
}

const stock = async () => (await database.selectFrom('products').select('stock').executeTakeFirstOrThrow()).stock

test('never sells more than its pieces', async () => {
  const endsAt = soon(MINUTE_MS)
  const first = await open('one', { endsAt })
  expect([first.statusCode, first.headers['idempotent-replayed']]).toEqual([201, undefined])
  expect([await buy(), await buy(), await buy(), await buy()]).toEqual([201, 201, 201, 201])
  const again = await open('one', { endsAt })
  expect([again.statusCode, again.body, again.headers['idempotent-replayed']]).toEqual([201, first.body, 'true'])
  expect([await buy(), await buy()]).toEqual([201, 409])
})

test('that was sent before a newer sale changes nothing of it', async () => {
  const endsAt = soon(MINUTE_MS)
  await open('one', { endsAt })
  await open('two', { pieces: 2, endsAt: soon(2 * MINUTE_MS) })
  expect((await open('one', { endsAt })).headers['idempotent-replayed']).toBe('true')
  expect(await stock()).toBe(2)
  const [sale] = await database.selectFrom('flash_sales').selectAll().execute()
  expect(sale?.ends_at.getTime()).toBeGreaterThan(Date.parse(endsAt))
})

test('is answered as before when the sale is over', async () => {
  const endsAt = soon(1_500)
  const first = await open('one', { endsAt })
  expect(first.statusCode).toBe(201)
  await expect.poll(() => Date.now(), { timeout: 5_000 }).toBeGreaterThan(Date.parse(endsAt))
  const again = await open('one', { endsAt })
  expect([again.statusCode, again.body]).toEqual([201, first.body])
  expect((await open('another', { endsAt })).statusCode).toBe(400)
})

test('twenty times at once opens it once', async () => {
  const endsAt = soon(MINUTE_MS)
  const answers = await Promise.all(Array.from({ length: 20 }, () => open('one', { endsAt })))
  const done = answers.filter(({ statusCode }) => statusCode === 201)
  expect(done.filter(({ headers }) => headers['idempotent-replayed'] === undefined)).toHaveLength(1)
  expect(answers.filter(({ statusCode }) => statusCode !== 201 && statusCode !== 409)).toEqual([])
  expect(await database.selectFrom('flash_sales').selectAll().execute()).toHaveLength(1)
})

test('with another body is refused, and without a key', async () => {
  const endsAt = soon(MINUTE_MS)
  await open('one', { endsAt })
  expect((await open('one', { endsAt, pieces: 7 })).json()).toMatchObject({ status: 422, code: 'KEY_REUSED' })
  expect((await open(undefined)).json()).toMatchObject({ status: 400, code: 'BAD_REQUEST' })
  expect(await stock()).toBe(PIECES)
})

test('while the first is under way is told so', async () => {
  const { id } = await database.selectFrom('users').select('id').executeTakeFirstOrThrow()
  await database.transaction().execute(async (trx) => {
    const key = { user_id: id, idempotency_key: 'one', request_hash: Buffer.alloc(32) }
    await trx
      .insertInto('flash_sale_keys')
      .values({ ...key, product_id: HOT, pieces: 1, ends_at: new Date() })
      .execute()
    expect((await open('one')).json()).toMatchObject({ status: 409, code: 'KEY_IN_USE' })
  })
  expect(await stock()).toBe(1)
})

test('uses no key up where it is refused, and leaves nothing half done', async () => {
  expect((await open('one', { endsAt: soon(-1_000) })).statusCode).toBe(400)
  expect((await open('one', { id: 'prd_none' })).statusCode).toBe(404)
  expect([await stock(), await database.selectFrom('flash_sales').selectAll().execute()]).toEqual([1, []])
  expect((await open('one')).statusCode).toBe(201)
  expect(await stock()).toBe(PIECES)
})
