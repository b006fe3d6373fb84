import { createConnection } from 'mysql2/promise'
import { expect, inject, it, onTestFinished, vi } from 'vitest'
import { freePort } from '../../../infra/process/free-port.ts'
import { endOwned, spawnOwned } from '../../../infra/process/owned-process.ts'
import { demoDatabase } from '../../fixtures/shop-database.ts'
import { bucketOfEmail } from '../../platform/process/buckets.ts'
import { hashToken } from '../../users/sessions.ts'

const DEMO_USER = `usr_shopper_0001_${bucketOfEmail('shopper-0001@example.com')}`

it('an order that fails half-way leaves nothing for the next one to commit', async () => {
  const { url, post } = await bareShop()
  expect((await post('prd_unknown')).status).toBe(500)
  expect((await post('prd_00042')).status).toBe(201)
  const connection = await createConnection(url)
  onTestFinished(() => connection.end())
  const [rows] = await connection.query('select count(*) as number from order_keys')
  expect(rows).toEqual([{ number: 1 }])
})

it('the best product page says the same as the bare one, in one statement', async () => {
  const { get } = await bareShop()
  for (const id of ['prd_00001', 'prd_00042', 'prd_09999']) {
    const [bare, best] = [await get(`/products/${id}`), await get(`/best-products/${id}`)]
    expect(best).toEqual(bare)
    expect(best.related).toHaveLength(4)
  }
})

async function bareShop() {
  const { url, writes, close } = await demoDatabase(inject('databaseUrl'))
  const inAnHour = new Date(Date.now() + 3_600_000)
  const session = { token_hash: hashToken('00token'), user_id: DEMO_USER }
  await writes
    .insertInto('sessions')
    .values({ ...session, expires_at: inAnHour, ends_at: inAnHour })
    .execute()
  await close()
  const port = await freePort()
  const env = { OUTGROW_WRITES: url, OUTGROW_CACHE: inject('redisUrl'), OUTGROW_PORT: String(port) }
  const child = spawnOwned({ path: process.execPath, args: [`${import.meta.dirname}/bare.ts`], env, stderr: 'inherit' })
  onTestFinished(() => endOwned(child))
  await vi.waitFor(() => fetch(`http://127.0.0.1:${port}/cpu`), { timeout: 20_000, interval: 50 })
  const post = (productId: string) => {
    const headers = { 'content-type': 'application/json', cookie: 'sid=00token', 'idempotency-key': crypto.randomUUID() }
    const body = JSON.stringify({ items: [{ productId, quantity: 1 }] })
    return fetch(`http://127.0.0.1:${port}/orders`, { method: 'POST', headers, body })
  }
  const get = async (path: string): Promise<{ related: unknown[] }> =>
    (await (await fetch(`http://127.0.0.1:${port}${path}`)).json()) as never
  return { url, post, get }
}
