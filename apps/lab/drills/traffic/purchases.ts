/** Orders and payments, each under a key of its own; where no answer tells what happened, the same request is sent again later. */
import type { HistoryLine } from '../../../../loadtests/history.ts'
import type { Crowd } from './crowd.ts'
import { noteRead } from './requests.ts'
import type { Reply, Session } from './shop-client.ts'

/** What an order's version in a history says. */
const STEPS: Readonly<Record<string, number>> = { placed: 1, paying: 2, paid: 3, cancelled: 4 }

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
  const { client, unfinished } = crowd
  const { session, productId, key } = order
  client.recording.lines.push({ kind: 'begin', operation: 'order', key })
  const call = { operation: 'order', method: 'POST', path: '/orders', expect: 201, underWay: isUnderWay } as const
  const reply = await client.sendAs(session, { ...call, key, body: { items: [{ productId, quantity: 1 }] } })
  note(crowd, 'order', key, reply)
  if (isUnfinished(reply)) unfinished.push(() => placeOrder(crowd, order))
  if (reply.status !== 201) return undefined
  const { id, status, totalCents } = JSON.parse(reply.body)
  client.recording.lines.push({ kind: 'order', id, key, status, totalCents })
  noteStep(crowd, id, 'placed', reply)
  crowd.placed.get(session)?.push(id)
  if (crowd.priced.has(productId)) {
    const price = { of: 'price', id: productId } as const
    noteRead(crowd, price, totalCents, { ...reply, startedAt: order.since }, 'the total of an order')
  }
  return id
}

export type PaymentRequest = { readonly session: Session; readonly orderId: string; readonly key: string }

/** Whether the order is paid, acknowledged. */
export async function payOrder(crowd: Crowd, payment: PaymentRequest): Promise<boolean> {
  const { client, unfinished } = crowd
  const { session, orderId, key } = payment
  client.recording.lines.push({ kind: 'begin', operation: 'payment', key })
  const call = {
    operation: 'payment',
    method: 'POST',
    path: `/orders/${orderId}/payments`,
    expect: 201,
    underWay: isUnderWay,
  } as const
  const reply = await client.sendAs(session, { ...call, key, body: { card: 'tok_approved' } })
  note(crowd, 'payment', key, reply)
  if (isUnfinished(reply)) unfinished.push(() => payOrder(crowd, payment))
  if (reply.status !== 201) return false
  const { id, status, amountCents } = JSON.parse(reply.body)
  client.recording.lines.push({ kind: 'payment', id, orderId, key, status, amountCents })
  noteStep(crowd, orderId, 'paid', reply)
  return true
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

function noteStep({ client }: Crowd, id: string, step: 'placed' | 'paid', { endedAt }: Reply): void {
  client.recording.sightings.push({ kind: 'write', register: { of: 'order', id }, version: stepOf(step), at: endedAt })
}

/** A failed answer to the history, a final one to the sightings too. */
function note({ client }: Crowd, operation: 'order' | 'payment', key: string, reply: Reply): void {
  const line = failureLine(operation, key, reply)
  if (line) client.recording.lines.push(line)
  if (isUnfinished(reply) || reply.status === 401) return
  const answer = reply.status === 201 ? `201 ${reply.body}` : `${reply.status} ${codeOf(reply)}`
  client.recording.sightings.push({ kind: 'answer', operation, key, answer })
}

/** Only an answer that was read whole tells what happened; everything else may or may not have had effect, now or later. */
function failureLine(operation: 'order' | 'payment', key: string, reply: Reply): HistoryLine | undefined {
  const { status, error } = reply
  if (status === 201) return undefined
  const code = codeOf(reply)
  if (status === 0) return { kind: 'info', operation, key, detail: error }
  if (status >= 500 || isUnderWay(reply)) return { kind: 'info', operation, key, detail: `status ${status} ${code}` }
  return { kind: 'refused', operation, key, code }
}

/** The first request with this key may still be at work, or its lease not be over yet. */
function isUnderWay(reply: Reply): boolean {
  return reply.status === 409 && ['KEY_IN_USE', 'PAYMENT_IN_PROGRESS'].includes(codeOf(reply))
}

/** To be sent again with the same key. */
function isUnfinished(reply: Reply): boolean {
  return reply.status === 0 || reply.status >= 500 || reply.status === 429 || isUnderWay(reply)
}

function codeOf({ body }: Reply): string {
  try {
    return String(JSON.parse(body).code)
  } catch {
    return ''
  }
}

function stepOf(status: string): number {
  return STEPS[status] ?? 0
}
