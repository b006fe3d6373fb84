/** What is left between two steps, by a process that dies there or a database that is away, ends as it would have. */
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { dying } from '../../fixtures/dying.ts'
import { items, requestFor } from '../../fixtures/order-requests.ts'
import { type TwoDatabases, twoDatabases } from '../../fixtures/two-databases.ts'
import { connectDatabase, oneDatabase } from '../../platform/mysql/database.ts'
import { undividedStore } from '../../platform/mysql/store.ts'
import type { OrderItem } from '../order.ts'
import type { Orders } from '../orders.ts'
import type { SagaParts } from './checkout-saga.ts'
import { databaseSagaOrders } from './database-saga-orders.ts'
import { sweep } from './sweeper.ts'

const PRODUCTS = [
  { id: 'prd_a', stock: 50 },
  { id: 'prd_last', stock: 1 },
]
const USER = 'usr_a_01'
const NOTHING_LEFT = { keys: 0, held: 0, owed: 0 }

let shop: TwoDatabases
let parts: SagaParts
let orders: Orders
beforeEach(async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {})
  shop = await twoDatabases(inject('databaseUrl'), PRODUCTS)
  parts = shop.parts
  orders = shop.ordersWith(parts)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await shop.close()
})

function place(wanted: OrderItem[], { key = 'k', by = orders } = {}) {
  return by.place(requestFor(wanted, { userId: USER, key }), { items: wanted })
}

async function expectEnded(): Promise<void> {
  await shop.passTime()
  await Promise.all([sweep(parts), sweep(parts)])
  expect(await shop.left()).toEqual(NOTHING_LEFT)
  for (const { id, stock } of PRODUCTS) expect((await shop.stockOf(id)) + (await shop.soldOf(id)), id).toBe(stock)
}

describe('a process that dies', () => {
  const STEPS = [
    { of: 'orders', call: 'intend' },
    { of: 'stock', call: 'take' },
    { of: 'orders', call: 'place' },
  ] as const
  const DEATHS = STEPS.flatMap((step) => (['before', 'after'] as const).map((when) => ({ ...step, when })))

  /** Nothing is undone either: who is dead does nothing more. */
  function partsThatDie({ of, call, when }: (typeof DEATHS)[number]): SagaParts {
    const dead: SagaParts = {
      orders: dying(parts.orders, 'refuse', 'before'),
      stock: dying(parts.stock, 'giveBack', 'before'),
    }
    return { ...dead, [of]: dying(dead[of] as never, call as never, when) }
  }

  test.each(DEATHS)(
    '$when $call leaves nothing that two sweepers at once do not end, and its request can be sent again',
    async (death) => {
      const wanted = items(['prd_last', 1], ['prd_a', 2])
      await expect(place(wanted, { key: 'k', by: shop.ordersWith(partsThatDie(death)) })).rejects.toThrow('died')
      const isPlaced = death.call === 'place' && death.when === 'after'
      await expectEnded()
      expect(await shop.soldOf('prd_last')).toBe(isPlaced ? 1 : 0)
      expect(await place(wanted, { key: 'k' })).toMatchObject({ replayed: isPlaced })
      await expectEnded()
      expect(await shop.soldOf('prd_last')).toBe(1)
    },
  )

  test.each([
    { of: 'orders', call: 'cancel', when: 'after' },
    { of: 'stock', call: 'giveBack', when: 'before' },
    { of: 'stock', call: 'giveBack', when: 'after' },
    { of: 'orders', call: 'settle', when: 'before' },
  ] as const)('$when $call leaves a cancelled order whose pieces come back once', async ({ of, call, when }) => {
    const { value } = await place(items(['prd_a', 4]))
    await expectEnded()
    const dead = { ...parts, [of]: dying(parts[of] as never, call as never, when) }
    await shop
      .ordersWith(dead)
      .cancel(USER, value.id)
      .catch(() => undefined)
    expect((await shop.left()).owed).toBe(1)
    await expectEnded()
    expect([await orders.find(USER, value.id), await shop.stockOf('prd_a')]).toMatchObject([{ status: 'cancelled' }, 50])
  })
})

describe('the sweeper', () => {
  test('leaves the pieces of orders whose database cannot be asked where they are, and says how many they are', async () => {
    await place(items(['prd_a', 1]))
    await shop.passTime()
    const nowhere = { name: 'nowhere', host: '127.0.0.1', port: 1, user: 'shop', password: '', database: 'shop' }
    const away = undividedStore('away', oneDatabase(connectDatabase(nowhere)))
    const blind = { ...parts, orders: databaseSagaOrders(away) }
    await expect(sweep(blind)).rejects.toThrow('ECONNREFUSED')
    expect(await shop.left()).toEqual({ ...NOTHING_LEFT, held: 1 })
    await expectEnded()
    expect(await shop.soldOf('prd_a')).toBe(1)
    await away.close()
  })

  test('forgets that a refused order was given back once nothing late can come, and of one that was cancelled never', async () => {
    const lost = { ...parts, orders: dying(parts.orders, 'place', 'before') }
    await expect(place(items(['prd_a', 1]), { by: shop.ordersWith(lost) })).rejects.toThrow('died')
    const { value: cancelled } = await place(items(['prd_a', 2]), { key: 'k2' })
    await orders.cancel(USER, cancelled.id)
    // A sweeper that knows no better says nothing of what the order was.
    await parts.stock.giveBack(cancelled.id)
    await expectEnded()
    expect(await shop.marks()).toHaveLength(2)
    await shop.passHours()
    await expectEnded()
    expect(await shop.marks()).toEqual([cancelled.id])
    // Somebody wakes up who was about to give it back.
    await parts.stock.giveBack(cancelled.id, items(['prd_a', 2]))
    await expectEnded()
  })

  test('keeps what was given back in mind where the order was cancelled, however it came back', async () => {
    const { value } = await place(items(['prd_a', 2]))
    await orders.cancel(USER, value.id)
    await shop.catalogue.writes
      .updateTable('reservations')
      .set({ expires_at: new Date(0) })
      .execute()
    await sweep(parts)
    expect(await shop.marks()).toEqual([value.id])
  })

  test('that is stopped asks for no more, however much there is', async () => {
    const asked: string[] = []
    const unsettled = async (after: string) => {
      asked.push(after)
      if (asked.length > 3) throw new Error('it goes on')
      return [`${after}x`]
    }
    await sweep({ ...parts, stock: { ...parts.stock, unsettled } }, () => asked.length > 0)
    expect(asked).toEqual([''])
  })

  test('looks past what cannot be settled, and comes back to it', async () => {
    const placed = await Promise.all(['1', '2', '3'].map((key) => place(items(['prd_a', 1]), { key })))
    for (const { value } of placed) await orders.cancel(USER, value.id)
    await shop.people.writes
      .insertInto('owed_returns')
      .values(placed.map(({ value }) => ({ order_id: value.id, due_at: new Date(0) })))
      .execute()
    const tried: string[] = []
    const broken: SagaParts = {
      ...parts,
      stock: {
        ...parts.stock,
        async giveBack(orderId, back) {
          tried.push(orderId)
          if (tried.length === 1) throw new Error('the shelf is away')
          await parts.stock.giveBack(orderId, back)
        },
      },
    }
    await expect(sweep(broken)).rejects.toThrow('the shelf is away')
    expect([new Set(tried).size, (await shop.left()).owed]).toEqual([3, 1])
    await expectEnded()
  })
})
