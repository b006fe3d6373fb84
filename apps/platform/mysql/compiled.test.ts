import { DummyDriver, Kysely, MysqlAdapter, MysqlIntrospector, MysqlQueryCompiler } from 'kysely'
import { beforeEach, expect, test, vi } from 'vitest'
import type { Tables } from '../../shop/tables.ts'
import { compiled } from './compiled.ts'
import type { Database } from './database.ts'

const sent: { sql: string; parameters: readonly unknown[] }[] = []
/** Sends nothing, and notes what it would send. */
const db: Database<Tables> = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new MysqlAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (one) => new MysqlIntrospector(one),
    createQueryCompiler: () => new MysqlQueryCompiler(),
  },
  log: ({ query: { sql, parameters } }) => void sent.push({ sql, parameters }),
})

beforeEach(() => {
  sent.length = 0
})

test('a statement is written once, and every call sends its own values', async () => {
  const write = vi.fn((one: Database<Tables>, id: string, stock: number) =>
    one.updateTable('products').set({ stock }).where('id', '=', id).limit(1),
  )
  const setStock = compiled(write)
  await setStock(db, 'one', 1)
  await setStock(db, 'two', 2)
  const sql = 'update `products` set `stock` = ? where `id` = ? limit ?'
  expect(sent).toEqual([
    { sql, parameters: [1, 'one', 1] },
    { sql, parameters: [2, 'two', 1] },
  ])
  expect(write).toHaveBeenCalledOnce()
})

test('dates, bytes and nothing are values', async () => {
  const insert = compiled((one: Database<Tables>, order: Tables['orders']) => one.insertInto('orders').values(order))
  const bytes = compiled((one: Database<Tables>, hash: Buffer) =>
    one.selectFrom('sessions').select('user_id').where('token_hash', '=', hash),
  )
  const now = new Date()
  const order = { id: 'o', user_id: 'u', status: 'placed', total_cents: 5, payment_id: null, created_at: now } as const
  await insert(db, order)
  await bytes(db, Buffer.from('hash'))
  expect(sent.map(({ parameters }) => parameters)).toEqual([['o', 'u', 'placed', 5, null, now], [Buffer.from('hash')]])
})

test('another length, or another set of fields, is another statement', async () => {
  const among = compiled((one: Database<Tables>, ids: readonly string[]) =>
    one.selectFrom('products').select('id').where('id', 'in', ids),
  )
  for (const ids of [['a'], ['b', 'c'], ['d']]) await among(db, ids)
  const change = compiled((one: Database<Tables>, to: { name?: string; stock?: number }) => one.updateTable('products').set(to))
  for (const to of [{ name: 'x' }, { stock: 1 }, { name: 'y' }]) await change(db, to)
  expect(sent.map(({ sql, parameters }) => [sql.slice(-20), parameters])).toEqual([
    [expect.stringContaining('in (?)'), ['a']],
    [expect.stringContaining('in (?, ?)'), ['b', 'c']],
    [expect.stringContaining('in (?)'), ['d']],
    [expect.stringContaining('`name` = ?'), ['x']],
    [expect.stringContaining('`stock` = ?'), [1]],
    [expect.stringContaining('`name` = ?'), ['y']],
  ])
})
