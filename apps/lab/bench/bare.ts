/**
 * The yardstick: handlers as bare as they can be, Fastify, mysql2 and ioredis and nothing else, that send the same statements as the shop.
 * No validation, no schemas, no limits, no metrics: what the shop costs above this is the price of all that.
 */
import { createHash, randomUUID } from 'node:crypto'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise'
import { parseDatabaseUrl } from '../../platform/mysql/address.ts'
import { CONNECTIONS } from '../../platform/mysql/pool.ts'
import { parsePort, required } from '../../platform/process/environment.ts'
import { parseRedisUrl } from '../../platform/redis/address.ts'
import { hashToken } from '../../users/sessions.ts'
import * as sql from './queries.ts'

const { name: _, ...address } = parseDatabaseUrl('OUTGROW_WRITES', required(process.env, 'OUTGROW_WRITES'))
const pool = createPool({ ...address, connectionLimit: CONNECTIONS, timezone: 'Z' })
const { user: username, password, hosts } = parseRedisUrl('OUTGROW_CACHE', required(process.env, 'OUTGROW_CACHE'))
const redis = new Redis({ username, password, ...hosts[0], disableClientInfo: true })
const app = Fastify()

app.get('/cpu', () => process.cpuUsage())
app.get<{ Params: { id: string } }>('/products/:id', ({ params }) => productPage(pool, params.id))
app.get<{ Params: { id: string } }>('/best-products/:id', ({ params }) => pageInOne(pool, params.id))
app.get<{ Params: { id: string } }>('/cached-products/:id', async ({ params }, reply) => {
  const text = (await redis.get(`cache:bare:${params.id}`)) ?? (await cachePage(params.id))
  return reply.type('application/json; charset=utf-8').send(text)
})
app.get('/sessions/current', ({ headers }) => session(pool, headers.cookie))
app.post<{ Body: { items: [Item] } }>('/orders', async ({ headers, body }, reply) => {
  const user = await session(pool, headers.cookie)
  return reply.code(201).send(await placeOrder(pool, user?.id, String(headers['idempotency-key']), body.items[0]))
})
await app.listen({ host: '127.0.0.1', port: parsePort(required(process.env, 'OUTGROW_PORT')) })

type Item = { productId: string; quantity: number }

async function productPage(db: Pool, id: string) {
  const [[product]] = await db.query<RowDataPacket[]>(sql.SELECT_PRODUCT, [id])
  const [related] = await db.query<RowDataPacket[]>(sql.SELECT_RELATED, [product?.category_id, id, 4])
  return { ...product, related }
}

async function pageInOne(db: Pool, id: string) {
  const [rows] = await db.query<RowDataPacket[]>(sql.SELECT_PAGE, [id, 4])
  const related = rows.map((row) => ({ id: row.related_id, name: row.related_name, price_cents: row.related_price_cents }))
  const { related_id: _id, related_name: _name, related_price_cents: _price, ...product } = rows[0] ?? ({} as RowDataPacket)
  return { ...product, related }
}

async function cachePage(id: string): Promise<string> {
  const text = JSON.stringify(await productPage(pool, id))
  await redis.set(`cache:bare:${id}`, text, 'EX', 300)
  return text
}

async function session(db: Pool, cookie = '') {
  const hash = hashToken(cookie.slice('sid='.length))
  const [[user]] = await db.query<RowDataPacket[]>(sql.SELECT_SESSION, [hash])
  return user
}

async function placeOrder(db: Pool, userId: string, key: string, { productId, quantity }: Item) {
  const connection = await db.getConnection()
  try {
    const id = `ord_${randomUUID()}`
    await connection.query(sql.BEGIN)
    await connection.query(sql.INSERT_KEY, [userId, key, createHash('sha256').update(productId).digest(), id])
    const [[product]] = await connection.query<RowDataPacket[]>(sql.LOCK_PRODUCTS, [productId])
    await connection.query(sql.TAKE_STOCK, [productId, quantity, productId, productId, quantity])
    const total = product?.price_cents * quantity
    await connection.query(sql.INSERT_ORDER, [id, userId, 'placed', total, null, new Date()])
    await connection.query(sql.INSERT_LINE, [id, 0, productId, product?.name, product?.price_cents, quantity])
    await connection.query(sql.COMMIT)
    connection.release()
    return { id, status: 'placed', totalCents: total }
  } catch (error) {
    // In the middle of a transaction, which the next one's BEGIN would commit.
    connection.destroy()
    throw error
  }
}
