/** A run in which nothing goes wrong, for tests that plant what does. */
import type { HistoryLine } from '../../../loadtests/history.ts'
import { checkInvariants } from './check.ts'
import { historyOf } from './history.ts'
import type { Snapshot } from './snapshot.ts'

/** What changes during a healthy run: `one` is paid, `two` is placed, `three` is cancelled, and the answer to `four` was lost. */
const LINES: HistoryLine[] = [
  { kind: 'run', run: 'r', userIds: ['usr_1', 'usr_3'] },
  asked('k1', 3),
  told('one', 'k1', 3),
  { kind: 'begin', operation: 'payment', key: 'k1-declined', orderId: 'one', card: 'tok_declined' },
  { kind: 'refused', operation: 'payment', key: 'k1-declined', code: 'CARD_DECLINED' },
  { kind: 'begin', operation: 'payment', key: 'k1-pay', orderId: 'one', card: 'tok_approved' },
  { kind: 'payment', id: 'pay_1', orderId: 'one', key: 'k1-pay', status: 'captured', amountCents: 300 },
  asked('k2'),
  told('two', 'k2'),
  asked('k3'),
  told('three', 'k3'),
  { kind: 'cancelling', orderId: 'three' },
  { kind: 'cancellation', orderId: 'three' },
  asked('k4'),
  { kind: 'info', operation: 'order', key: 'k4', detail: 'timeout' },
  asked('k5'),
  { kind: 'refused', operation: 'order', key: 'k5', code: 'OUT_OF_STOCK' },
  { kind: 'cart', userId: 'usr_1', productId: 'prd_1', quantity: 3 },
  { kind: 'carting', userId: 'usr_1', productId: 'prd_2' },
  { kind: 'cart', userId: 'usr_1', productId: 'prd_2', quantity: 0 },
  { kind: 'cart', userId: 'usr_3', productId: 'prd_1', quantity: 1 },
  { kind: 'carting', userId: 'usr_3', productId: 'prd_1' },
]

export function asked(key: string, quantity = 1): HistoryLine {
  return { kind: 'begin', operation: 'order', key, userId: 'usr_1', items: [{ productId: 'prd_1', quantity }] }
}

export function told(id: string, key: string, quantity = 1): HistoryLine {
  const items = [{ productId: 'prd_1', quantity }]
  return { kind: 'order', id, key, status: 'placed', totalCents: 100 * quantity, items }
}

export type World = {
  products: Map<string, ReturnType<typeof shelf>>
  orders: Map<string, ReturnType<typeof order>>
  keys: { userId: string; key: string; orderId: string }[]
  payments: { id: string; orderId: string; status: string; amountCents: number }[]
  charges: { chargeId: string; reference: string; amountCents: number; status: string }[]
  carts: Map<string, number>
  underWay: string[]
  lines: HistoryLine[]
}

export const before = (): Snapshot => ({
  products: new Map([
    ['prd_1', shelf(10, 1)],
    ['prd_2', shelf(5, 0)],
  ]),
  orders: new Map([['old', order('paid', 100)]]),
  keys: [{ userId: 'usr_1', key: 'k0', orderId: 'old' }],
  payments: [{ id: 'pay_0', orderId: 'old', status: 'captured', amountCents: 100 }],
  charges: [{ chargeId: 'ch_0', reference: 'old', amountCents: 100, status: 'captured' }],
  carts: new Map(),
  underWay: [],
})

export const healthy = (): World => ({
  products: new Map([
    ['prd_1', shelf(6, 5)],
    ['prd_2', shelf(5, 0)],
  ]),
  orders: new Map([
    ['old', order('paid', 100)],
    ['one', order('paid', 300)],
    ['two', order('placed', 100)],
    ['three', order('cancelled', 100)],
  ]),
  keys: ['old', 'one', 'two', 'three'].map((orderId, index) => ({ userId: 'usr_1', key: `k${index}`, orderId })),
  payments: [...before().payments, { id: 'pay_1', orderId: 'one', status: 'captured', amountCents: 300 }],
  charges: [...before().charges, { chargeId: 'ch_1', reference: 'one', amountCents: 300, status: 'captured' }],
  carts: new Map([['usr_1 prd_1', 3]]),
  underWay: [],
  lines: [...LINES],
})

export function shelf(stock: number, sold: number, { priceCents = 100, reserved = 0 } = {}) {
  return { stock, sold, reserved, priceCents }
}

export function order(status: string, totalCents: number, userId = 'usr_1') {
  return { userId, status, totalCents, linesCents: totalCents, lines: `prd_1 x${totalCents / 100}` }
}

export function add(world: World, id: string, key: string | undefined, userId = 'usr_1'): void {
  world.orders.set(id, order('placed', 100, userId))
  if (key !== undefined) world.keys.push({ userId, key, orderId: id })
}

export function change(world: World, id: string, part: Partial<ReturnType<typeof order>>): void {
  world.orders.set(id, { ...order('placed', 100), ...world.orders.get(id), ...part })
}

export function faultsAfter(harm: (world: World) => void): string[] {
  const world = healthy()
  harm(world)
  return checkInvariants(before(), world, historyOf(world.lines)).map(({ fault, subject }) => `${fault}: ${subject}`)
}
