/** What a saga no longer gives: a moment at which shelf and orders agree. Vitess calls what is then seen a fractured read. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, onTestFinished, test } from 'vitest'
import { items, requestFor } from '../../fixtures/order-requests.ts'
import { ordersOn } from '../../fixtures/orders.ts'
import { type ShopDatabase, shopDatabase } from '../../fixtures/shop-database.ts'
import { twoDatabases } from '../../fixtures/two-databases.ts'
import type { Orders } from '../orders.ts'
import type { SagaParts } from './checkout-saga.ts'

const STOCK = 1_000
const ORDERS = 10
const SLOW_MS = 20
const USER = 'usr_a_01'
const PRODUCTS = [{ id: 'prd_a', stock: STOCK }]

type Sight = { readonly before: number; readonly stock: number; readonly after: number }
type Read = { readonly shelf: ShopDatabase; readonly desk: ShopDatabase }

/** The one after the other: no transaction spans both. */
async function lookAt({ shelf, desk }: Read): Promise<Sight> {
  const lines = () => desk.writes.selectFrom('order_lines').select('quantity').execute()
  const sold = async () => (await lines()).reduce((sum, { quantity }) => sum + quantity, 0)
  const before = await sold()
  const { stock } = await shelf.writes.selectFrom('products').select('stock').executeTakeFirstOrThrow()
  return { before, stock, after: await sold() }
}

/** No order came between its two looks at the orders, and yet there are pieces that are neither on the shelf nor in an order. */
const isFractured = ({ before, stock, after }: Sight) => before === after && before + stock !== STOCK

/** Looks all the time while orders are placed, and counts. */
async function looksDuring(orders: Orders, read: Read): Promise<{ looks: number; fractured: number }> {
  let isPlacing = true
  const placing = placeAll(orders).finally(() => {
    isPlacing = false
  })
  const sights: Sight[] = []
  while (isPlacing) sights.push(await lookAt(read))
  await placing
  expect(await lookAt(read)).toEqual({ before: ORDERS, stock: STOCK - ORDERS, after: ORDERS })
  return { looks: sights.length, fractured: sights.filter(isFractured).length }
}

async function placeAll(orders: Orders): Promise<void> {
  const wanted = items(['prd_a', 1])
  for (let number = 0; number < ORDERS; number++)
    await orders.place(requestFor(wanted, { userId: USER, key: randomUUID() }), { items: wanted })
}

/** As where the customer's server is busy. */
function slowed({ orders, stock }: SagaParts): SagaParts {
  const place: SagaParts['orders']['place'] = async (...order) => {
    await sleep(SLOW_MS)
    return orders.place(...order)
  }
  return { orders: { ...orders, place }, stock }
}

test('between two steps of a saga pieces are neither on the shelf nor in an order', async () => {
  const shop = await twoDatabases(inject('databaseUrl'), PRODUCTS)
  onTestFinished(shop.close)
  const orders = shop.ordersWith(slowed(shop.parts))
  const { looks, fractured } = await looksDuring(orders, { shelf: shop.catalogue, desk: shop.people })
  console.log(
    `of ${looks} looks at shelf and orders ${fractured} missed pieces, where an order waits ${SLOW_MS} ms between its steps`,
  )
  expect(fractured).toBeGreaterThan(0)
})

test('in one transaction they never are', async () => {
  const shop = await shopDatabase(inject('databaseUrl'), PRODUCTS)
  onTestFinished(() => shop.close())
  const { looks, fractured } = await looksDuring(ordersOn(shop), { shelf: shop, desk: shop })
  expect([looks > 0, fractured]).toEqual([true, 0])
})
