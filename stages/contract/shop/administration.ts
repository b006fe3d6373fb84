import { beforeAll, describe, expect, it } from 'vitest'
import { type Client, clientOf, type Target } from '../client.ts'
import { adminOf, freshProduct, newShopper, placeOrder, type Shopper } from '../people.ts'
import { expectKeys, expectProblem, type List, type Order, type ProductPage, TIME } from '../shapes.ts'
import { pay } from './payments.ts'

type AnybodysOrder = Order & { userId: string }
type AllOrders = List<AnybodysOrder> & { missing: string[] }
type SalesReport = { from: string; to: string; orders: number; totalCents: number; missing: string[] }

/** A replica may be a little late. */
const SEEN = { timeout: 10_000, interval: 100 }
const DAY_MS = 24 * 60 * 60 * 1_000
const PATHS = ['/admin/orders', '/admin/sales']

/** What is asked over all customers, wherever their orders are. */
export function administrationContract(target: () => Target): void {
  describe('administrators', () => {
    let admin: Client
    let shoppers: [Shopper, Shopper]
    let product: ProductPage
    beforeAll(async () => {
      admin = await adminOf(target())
      shoppers = [await newShopper(target()), await newShopper(target())]
      product = await freshProduct(target(), 1_000)
    })
    const page = async (query: string) => {
      const { status, body, text } = await admin.get<AllOrders>(`/admin/orders?${query}`)
      expect(status, text).toBe(200)
      return body
    }
    /** By pages of two, until this order has come. */
    const walkTo = async (id = '') => {
      const walked: AnybodysOrder[] = []
      for (let cursor: string | null = ''; cursor !== null && !walked.some((order) => order.id === id); ) {
        const { items, nextCursor, missing }: AllOrders = await page(`limit=2${cursor && `&cursor=${cursor}`}`)
        expect([missing, items.length <= 2]).toEqual([[], true])
        walked.push(...items)
        cursor = nextCursor
      }
      return walked
    }
    const sales = async (from: Date, to: Date) => {
      const answer = await admin.get<SalesReport>(`/admin/sales?from=${from.toISOString()}&to=${to.toISOString()}`)
      expect(answer.status, answer.text).toBe(200)
      expect(answer.body).toMatchObject({ from: from.toISOString(), to: to.toISOString() })
      return answer.body
    }
    /** In the moment of this order alone. */
    const salesAt = ({ createdAt }: Order) => sales(new Date(createdAt), new Date(Date.parse(createdAt) + 1))

    it('see the orders of all customers, the newest first, each once', async () => {
      const placed: AnybodysOrder[] = []
      for (const shopper of [...shoppers, ...shoppers, shoppers[0]]) {
        placed.unshift({ ...(await placeOrder(shopper, product.id)), userId: shopper.user.id })
      }
      let walked: AnybodysOrder[] = []
      const ours = async () => {
        walked = await walkTo(placed.at(-1)?.id)
        return walked.filter(({ id }) => placed.some((one) => one.id === id))
      }
      await expect.poll(ours, SEEN).toEqual(placed)
      expect(new Set(walked.map(({ id }) => id)).size).toBe(walked.length)
      for (const { userId, ...order } of walked) {
        expect(userId).toMatch(/\S/)
        expectKeys(order, 'order')
      }
    })

    it('see those of one status', async () => {
      const [one] = shoppers
      const [kept, cancelled] = [await placeOrder(one, product.id), await placeOrder(one, product.id)]
      await one.client.post(`/orders/${cancelled.id}/cancellation`)
      const listed = async (status: string) => (await page(`status=${status}&limit=100`)).items
      const isListed = async (status: string, id: string) => (await listed(status)).some((order) => order.id === id)
      await expect.poll(() => isListed('cancelled', cancelled.id), SEEN).toBe(true)
      await expect.poll(() => isListed('placed', kept.id), SEEN).toBe(true)
      await expect.poll(() => isListed('placed', cancelled.id), SEEN).toBe(false)
      for (const status of ['placed', 'cancelled', 'paid']) {
        expect((await listed(status)).filter((order) => order.status !== status)).toEqual([])
      }
    })

    it('see as sold what is paid, and nothing else', async () => {
      const [one] = shoppers
      const [order, cancelled] = [await placeOrder(one, product.id, 3), await placeOrder(one, product.id)]
      await one.client.post(`/orders/${cancelled.id}/cancellation`)
      const before = await salesAt(order)
      expect((await pay(one, order.id, 'tok_declined')).status).toBe(402)
      expect(await salesAt(order)).toEqual(before)
      expect((await pay(one, order.id, 'tok_approved')).status).toBe(201)
      const sold = { orders: before.orders + 1, totalCents: before.totalCents + order.totalCents }
      await expect.poll(() => salesAt(order), SEEN).toEqual({ ...before, ...sold })
      expect(await salesAt(cancelled)).toMatchObject({ orders: 0, totalCents: 0, missing: [] })
      const placedAt = new Date(order.createdAt)
      expect(await sales(placedAt, placedAt)).toMatchObject({ orders: 0, totalCents: 0 })
    })

    it('see the sales of the last day where they name no other span', async () => {
      const { status, body, text } = await admin.get<SalesReport>('/admin/sales')
      expect(status, text).toBe(200)
      expect(Object.keys(body).sort()).toEqual(['from', 'missing', 'orders', 'to', 'totalCents'])
      for (const time of [body.from, body.to]) expect(time).toMatch(TIME)
      expect(Date.parse(body.to) - Date.parse(body.from)).toBe(DAY_MS)
      expect(body.orders).toBeGreaterThan(0)
      expect(body.missing).toEqual([])
    })

    it('alone see any of it', async () => {
      for (const path of PATHS) {
        expectProblem(await clientOf(target()).get(path), 401, 'NOT_LOGGED_IN')
        expectProblem(await shoppers[0].client.get(path), 403, 'FORBIDDEN')
      }
    })

    it.each(WRONG_LISTS)('are refused the list %s', async (query) => {
      expectProblem(await admin.get(`/admin/orders?${query}`), 400, 'BAD_REQUEST')
    })

    it.each(WRONG_SPANS)('are refused the span %s', async (query) => {
      expectProblem(await admin.get(`/admin/sales?${query}`), 400, 'BAD_REQUEST')
    })
  })
}

const cursorOf = (text: string) => `cursor=${Buffer.from(text).toString('base64url')}`
const WRONG_LISTS = [
  ...['limit=0', 'limit=101', 'limit=1.5', 'status=', 'status=sold', 'status=PAID', 'status=paid&status=placed', 'user=x'],
  ...['cursor=', 'cursor=nonsense', cursorOf('1 OR 1=1'), cursorOf(`ord_${'0'.repeat(27)}`), cursorOf(`ord_${'0'.repeat(29)}`)],
]
const WRONG_SPANS = [
  ...['from=yesterday', 'from=2026-01-01', 'to=', 'to=1767225600', 'to=2026-02-30T00:00:00Z', 'limit=1', 'cursor=abc'],
  ...['from=2026-01-01T00:00:00+01:00', 'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 'from=9999-12-31T00:00:00Z'],
]
