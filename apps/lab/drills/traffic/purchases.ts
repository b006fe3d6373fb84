/** Orders and payments, each under a key of its own; where no answer tells what happened, the same request is sent again later. */
import { linesOf } from '../../../../loadtests/history.ts'
import type { OrderLine } from '../../../../loadtests/shop.ts'
import type { Crowd } from './crowd.ts'
import { errorCodeOf } from './error-code.ts'
import { failureLine, isUnderWay, isUnfinished } from './outcomes.ts'
import { noteRead } from './requests.ts'
import type { Reply, Session } from './shop-client.ts'

/** What an order's version in a history says. One that is being paid is placed again when the card is declined. */
const STEPS: Readonly<Record<string, number>> = { placed: 1, paying: 1, paid: 2, cancelled: 3 }

export type OrderRequest = {
  readonly session: Session
  readonly productId: string
  readonly key: string
  /** When it was first sent: prices are as of then, at the earliest. */
  readonly since: number
}

export function newOrder(session: Session, productId: string): OrderRequest {
  return { session, productId, key: crypto.randomUUID(), since: performance.now() }
}

/** The order's id; undefined where there is none or nobody knows. */
export async function placeOrder(crowd: Crowd, order: OrderRequest): Promise<string | undefined> {
  const { productId } = order
  const items = [{ productId, quantity: 1 }]
  const reply = await sendOrder(crowd, { ...order, items, body: { items } })
  if (isUnfinished(reply)) crowd.unfinished.push(() => placeOrder(crowd, order))
  if (reply.status !== 201) return undefined
  const { id, totalCents } = JSON.parse(reply.body)
  if (crowd.priced.has(productId)) {
    const price = { of: 'price', id: productId } as const
    noteRead(crowd, price, totalCents, { ...reply, startedAt: order.since }, 'the total of an order')
  }
  return id
}

export type SentOrder = {
  readonly session: Session
  readonly key: string
  readonly items: readonly OrderLine[]
  readonly body: unknown
}

/** Once, with what came of it written down. */
export async function sendOrder(crowd: Crowd, { session, key, items, body }: SentOrder): Promise<Reply> {
  const { lines } = crowd.client.recording
  lines.push({ kind: 'begin', operation: 'order', key, userId: session.userId, items })
  const call = { operation: 'order', method: 'POST', path: '/orders', expect: 201, accepts: isUnderWay } as const
  const reply = await crowd.client.sendAs(session, { ...call, key, body })
  note(crowd, 'order', key, reply)
  if (reply.status !== 201) return reply
  const { id, status, totalCents, items: answered, createdAt } = JSON.parse(reply.body)
  lines.push({ kind: 'order', id, key, status, totalCents, items: linesOf(answered) })
  noteStep(crowd, id, 'placed', reply)
  crowd.placed.get(session)?.push({ id, createdAt })
  return reply
}

export type Card = 'tok_approved' | 'tok_declined' | 'tok_slow' | 'tok_lost_reply'
export type PaymentRequest = { readonly session: Session; readonly orderId: string; readonly key: string; readonly card: Card }

export function newPayment(session: Session, orderId: string, card: Card): PaymentRequest {
  return { session, orderId, key: crypto.randomUUID(), card }
}

/** What became of the order; undefined where it was refused or nobody knows. */
export async function payOrder(crowd: Crowd, payment: PaymentRequest): Promise<'paid' | 'declined' | undefined> {
  const { client, unfinished } = crowd
  const { session, orderId, key, card } = payment
  client.recording.lines.push({ kind: 'begin', operation: 'payment', key, orderId, card })
  const call = {
    operation: card === 'tok_slow' ? 'slow payment' : 'payment',
    method: 'POST',
    path: `/orders/${orderId}/payments`,
    expect: card === 'tok_declined' ? 402 : 201,
    accepts: isUnderWay,
  } as const
  const reply = await client.sendAs(session, { ...call, key, body: { card } })
  note(crowd, 'payment', key, reply)
  if (isUnfinished(reply)) unfinished.push(() => payOrder(crowd, payment))
  if (reply.status === 402) return 'declined'
  if (reply.status !== 201) return undefined
  const { id, status, amountCents } = JSON.parse(reply.body)
  client.recording.lines.push({ kind: 'payment', id, orderId, key, status, amountCents })
  noteStep(crowd, orderId, 'paid', reply)
  return 'paid'
}

/** Reads one of the shopper's orders back. */
export async function readOrder(crowd: Crowd, session: Session, orderId: string): Promise<void> {
  const call = { operation: 'own order', method: 'GET', path: `/orders/${orderId}`, expect: 200 } as const
  const reply = await crowd.client.sendAs(session, call)
  if (reply.status !== 200 && reply.status !== 404) return
  const version = reply.status === 200 ? stepOf(JSON.parse(reply.body).status) : 0
  noteRead(crowd, { of: 'order', id: orderId }, version, reply, 'the order')
}

/** Reads the shopper's newest orders, among which these must be. */
export async function readOrders(crowd: Crowd, session: Session, orderIds: readonly string[]): Promise<void> {
  const call = { operation: 'own orders', method: 'GET', path: '/orders', expect: 200 } as const
  const reply = await crowd.client.sendAs(session, call)
  if (reply.status !== 200) return
  const { items } = JSON.parse(reply.body) as { items: { id: string; status: string }[] }
  const listed = new Map(items.map(({ id, status }) => [id, stepOf(status)]))
  for (const id of orderIds) noteRead(crowd, { of: 'order', id }, listed.get(id) ?? 0, reply, 'the list of orders')
}

export function noteStep({ client }: Crowd, id: string, step: 'placed' | 'paid' | 'cancelled', { endedAt }: Reply): void {
  client.recording.sightings.push({ kind: 'write', register: { of: 'order', id }, version: stepOf(step), at: endedAt })
}

/** A failed answer to the history, a final one to the sightings too. */
function note({ client }: Crowd, operation: 'order' | 'payment', key: string, reply: Reply): void {
  const line = failureLine(operation, key, reply)
  if (line) client.recording.lines.push(line)
  if (isUnfinished(reply) || reply.status === 401) return
  const answer = reply.status === 201 ? `201 ${reply.body}` : `${reply.status} ${errorCodeOf(reply)}`
  client.recording.sightings.push({ kind: 'answer', operation, key, answer })
}

function stepOf(status: string): number {
  return STEPS[status] ?? 0
}
