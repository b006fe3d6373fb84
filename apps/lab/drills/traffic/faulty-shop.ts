/** A shop in memory that makes one mistake on purpose now and then, to see that traffic and checks find it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { OrderLine } from '../../../../loadtests/shop.ts'
import { linesText, type OrderKey, type PaymentState, type Snapshot } from '../../invariants/snapshot.ts'
import { type CartMistake, FaultyCarts } from './faulty-carts.ts'

export type Mistake =
  | 'order missing from the list'
  | 'order not found'
  | 'paid order placed again'
  | 'old price on the page'
  | 'old price charged'
  | 'ended session accepted'
  | 'ended session of a couple accepted'
  | 'session forgotten'
  | 'second order for a key'
  | 'second payment for a key'
  | 'answer lost'
  | 'order of another user'
  | 'order of another product'
  | 'order cancelled by itself'
  | 'order paid by itself'
  | 'cancellation forgotten'
  | 'declined card taken'
  | 'declined card charged'
  | 'good card declined'
  | 'charged twice'
  | 'payment forgotten'
  | 'price forgotten'
  | CartMistake

export type FaultyShop = {
  readonly url: string
  readonly orders: ReadonlyMap<string, Order>
  /** What it has stored, and what its bank has. */
  snapshot(): Snapshot
  close(): void
}

type Order = {
  readonly id: string
  userId: string
  status: 'placed' | 'paid' | 'cancelled'
  readonly totalCents: number
  items: readonly OrderLine[]
}
type Answer = { status: number; body?: unknown; cookie?: string }
type Asked = {
  readonly method: string
  readonly path: string
  readonly body: Record<string, string>
  readonly key: string
  readonly sid: string
}

/** The first time that the mistake could be made it is, and every so many-th from then on. */
const EVERY = 2

export async function startFaultyShop(mistake?: Mistake): Promise<FaultyShop> {
  const shop = new Shop(mistake)
  const server = createServer((request, response) => void respond(shop, request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    orders: shop.orders,
    snapshot: () => shop.snapshot(),
    close,
  }
}

async function respond(shop: Shop, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  const { method = '', url: path = '', headers } = request
  const sid = headers.cookie?.replace('sid=', '') ?? ''
  const asked = { method, path, sid, key: String(headers['idempotency-key'] ?? ''), body: text === '' ? {} : JSON.parse(text) }
  const { status, body, cookie } = shop.answer(asked)
  if (status === 201 && asked.key !== '' && shop.errs('answer lost')) return void request.socket.destroy()
  response.writeHead(status, { 'x-served-by': 'stub', ...(cookie && { 'set-cookie': `sid=${cookie}; Path=/` }) })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}

class Shop {
  readonly orders = new Map<string, Order>()
  readonly #mistake: Mistake | undefined
  readonly #sessions = new Map<string, string>()
  readonly #prices = new Map<string, number>()
  readonly #answers = new Map<string, Answer>()
  readonly #carts = new FaultyCarts((mistake) => this.errs(mistake))
  readonly #keys: OrderKey[] = []
  readonly #payments: PaymentState[] = []
  readonly #charges: { chargeId: string; reference: string; amountCents: number; status: 'captured' }[] = []
  #chances = 0
  #ids = 0

  constructor(mistake: Mistake | undefined) {
    this.#mistake = mistake
  }

  errs(mistake: Mistake): boolean {
    if (mistake !== this.#mistake) return false
    this.#chances += 1
    return this.#chances % EVERY === 1
  }

  answer(asked: Asked): Answer {
    const { method, path, sid, body } = asked
    const [, noun, id = '', action] = path.split('/')
    if (method === 'POST' && noun === 'sessions') return this.#logIn(String(body.email))
    if (method === 'GET' && noun === 'products') return { status: 200, body: this.#page(id) }
    const userId = this.#sessions.get(sid)
    if (method === 'DELETE') return this.#logOut(sid, id)
    if (userId === undefined || (path === '/sessions/current' && this.errs('session forgotten'))) return { status: 401, body: {} }
    if (noun === 'sessions') return { status: 200, body: { id: userId } }
    if (method === 'PATCH') return this.#reprice(id, Number(body.priceCents))
    if (noun === 'cart') return this.#cart(userId, asked)
    if (method === 'GET') return id === '' ? this.#list(userId) : this.#order(id)
    if (action === 'cancellation') return this.#cancel(id)
    return action === 'payments' ? this.#pay(id, asked) : this.#place(userId, asked)
  }

  /** Of products their prices alone. */
  snapshot(): Snapshot {
    const stored = ({ items, ...order }: Order) => ({ ...order, linesCents: order.totalCents, lines: linesText(items) })
    return {
      products: new Map([...this.#prices].map(([id, priceCents]) => [id, { stock: 0, sold: 0, reserved: 0, priceCents }])),
      orders: new Map([...this.orders].map(([id, order]) => [id, stored(order)])),
      keys: [...this.#keys],
      payments: [...this.#payments],
      charges: [...this.#charges],
      carts: this.#carts.snapshot(),
      underWay: [],
    }
  }

  #logIn(email: string): Answer {
    const sid = this.#newId('sid')
    this.#sessions.set(sid, email)
    return { status: 201, body: { id: email }, cookie: sid }
  }

  #logOut(sid: string, id: string): Answer {
    const userId = this.#sessions.get(sid)
    const everywhere = [...this.#sessions].filter(([other, user]) => user === userId && other !== sid).map(([other]) => other)
    if (!this.errs('ended session accepted')) this.#sessions.delete(sid)
    if (id === '' && !this.errs('ended session of a couple accepted'))
      for (const other of everywhere) this.#sessions.delete(other)
    return { status: 204 }
  }

  #page(id: string) {
    const priceCents = this.#priceOf(id)
    return { id, priceCents: this.#prices.has(id) && this.errs('old price on the page') ? priceCents - 1 : priceCents }
  }

  #reprice(id: string, priceCents: number): Answer {
    this.#prices.set(id, this.errs('price forgotten') ? this.#priceOf(id) : priceCents)
    return { status: 200, body: { id, priceCents } }
  }

  #place(userId: string, { key, body }: Asked): Answer {
    const known = this.#answers.get(key)
    if (known && !this.errs('second order for a key')) return known
    const items = body.fromCart ? this.#carts.take(userId) : (body.items as unknown as OrderLine[])
    const [item] = items
    if (!item) return { status: 409, body: { code: 'CART_EMPTY' } }
    const priceCents = items.reduce((sum, { productId, quantity }) => sum + quantity * this.#priceOf(productId), 0)
    const totalCents = this.#prices.has(item.productId) && this.errs('old price charged') ? priceCents - 1 : priceCents
    const order: Order = { id: this.#newId('ord'), userId, status: 'placed', totalCents, items }
    const answer = { status: 201, body: { ...order, createdAt: new Date().toISOString() } }
    this.orders.set(order.id, order)
    this.#keys.push({ userId, key, orderId: order.id })
    if (this.errs('order of another user')) order.userId = 'somebody else'
    if (this.errs('order of another product')) order.items = [{ ...item, productId: 'prd_09999' }]
    if (this.errs('order cancelled by itself')) order.status = 'cancelled'
    if (this.errs('order paid by itself')) this.#capture(order)
    return this.#remember(key, answer)
  }

  #cart(userId: string, { method, path, body }: Asked): Answer {
    if (method === 'PUT') this.#carts.put(userId, path.split('/').at(-1) ?? '', Number(body.quantity))
    return { status: 200, body: { items: this.#carts.shown(userId) } }
  }

  #cancel(orderId: string): Answer {
    const order = this.orders.get(orderId)
    if (!order) return { status: 404, body: { code: 'ORDER_NOT_FOUND' } }
    if (order.status === 'cancelled') return { status: 409, body: { code: 'ALREADY_CANCELLED' } }
    if (!this.errs('cancellation forgotten')) order.status = 'cancelled'
    return { status: 200, body: { ...order, status: 'cancelled' } }
  }

  #pay(orderId: string, { key, body }: Asked): Answer {
    const known = this.#answers.get(key)
    if (known && !this.errs('second payment for a key')) return known
    const order = this.orders.get(orderId)
    if (!order) return { status: 404, body: { code: 'ORDER_NOT_FOUND' } }
    if (order.status === 'paid' && !known) return { status: 409, body: { code: 'ALREADY_PAID' } }
    const declined = body.card === 'tok_declined' ? !this.errs('declined card taken') : this.errs('good card declined')
    if (declined && this.errs('declined card charged')) this.#capture(order)
    if (declined) return this.#remember(key, { status: 402, body: { code: 'CARD_DECLINED' } })
    const id = this.#capture(order)
    if (this.errs('charged twice')) this.#charge(order)
    if (this.errs('payment forgotten')) this.#payments.pop()
    if (this.errs('paid order placed again')) order.status = 'placed'
    return this.#remember(key, { status: 201, body: { id, orderId, status: 'captured', amountCents: order.totalCents } })
  }

  #capture(order: Order): string {
    const id = this.#newId('pay')
    order.status = 'paid'
    this.#payments.push({ id, orderId: order.id, status: 'captured', amountCents: order.totalCents })
    this.#charge(order)
    return id
  }

  #charge({ id, totalCents }: Order): void {
    this.#charges.push({ chargeId: this.#newId('chg'), reference: id, amountCents: totalCents, status: 'captured' })
  }

  #list(userId: string): Answer {
    const own = [...this.orders.values()].filter((order) => order.userId === userId).reverse()
    const items = this.errs('order missing from the list') ? own.slice(1) : own
    return { status: 200, body: { items: items.slice(0, 20), nextCursor: null } }
  }

  #order(id: string): Answer {
    const order = this.errs('order not found') ? undefined : this.orders.get(id)
    return order ? { status: 200, body: order } : { status: 404, body: {} }
  }

  #remember(key: string, answer: Answer): Answer {
    this.#answers.set(key, answer)
    return answer
  }

  #priceOf(id: string): number {
    return this.#prices.get(id) ?? 1_000
  }

  #newId(prefix: string): string {
    this.#ids += 1
    return `${prefix}_${this.#ids}`
  }
}
