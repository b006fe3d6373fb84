import { describe, expect, test } from 'vitest'
import type { HistoryLine } from '../../../loadtests/history.ts'
import { checkInvariants } from './check.ts'
import { historyOf } from './history.ts'
import type { Snapshot } from './snapshot.ts'

/** What changes during a healthy run: `one` is paid, `two` is placed, `three` is cancelled, and the answer to `four` was lost. */
const LINES: HistoryLine[] = [
  { kind: 'run', run: 'r', userIds: ['usr_1'] },
  { kind: 'begin', operation: 'order', key: 'k1' },
  { kind: 'order', id: 'one', key: 'k1', status: 'placed', totalCents: 300 },
  { kind: 'begin', operation: 'payment', key: 'k1-pay' },
  { kind: 'payment', id: 'pay_1', orderId: 'one', key: 'k1-pay', status: 'captured', amountCents: 300 },
  { kind: 'begin', operation: 'order', key: 'k2' },
  { kind: 'order', id: 'two', key: 'k2', status: 'placed', totalCents: 100 },
  { kind: 'begin', operation: 'order', key: 'k3' },
  { kind: 'order', id: 'three', key: 'k3', status: 'placed', totalCents: 100 },
  { kind: 'cancellation', orderId: 'three' },
  { kind: 'begin', operation: 'order', key: 'k4' },
  { kind: 'info', operation: 'order', key: 'k4', detail: 'timeout' },
  { kind: 'begin', operation: 'order', key: 'k5' },
  { kind: 'refused', operation: 'order', key: 'k5', code: 'OUT_OF_STOCK' },
]

type World = {
  products: Map<string, ReturnType<typeof shelf>>
  orders: Map<string, { userId: string; status: string; totalCents: number; linesCents: number }>
  keys: { userId: string; key: string; orderId: string }[]
  payments: { id: string; orderId: string; status: string; amountCents: number }[]
  charges: { chargeId: string; reference: string; amountCents: number; status: string }[]
  lines: HistoryLine[]
}

const before = (): Snapshot => ({
  products: new Map([
    ['prd_1', shelf(10, 1)],
    ['prd_2', shelf(5, 0)],
  ]),
  orders: new Map([['old', order('paid', 100)]]),
  keys: [{ userId: 'usr_1', key: 'k0', orderId: 'old' }],
  payments: [{ id: 'pay_0', orderId: 'old', status: 'captured', amountCents: 100 }],
  charges: [{ chargeId: 'ch_0', reference: 'old', amountCents: 100, status: 'captured' }],
})

const healthy = (): World => ({
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
  lines: [...LINES],
})

function shelf(stock: number, sold: number, priceCents = 100) {
  return { stock, sold, priceCents }
}

function order(status: string, totalCents: number, userId = 'usr_1') {
  return { userId, status, totalCents, linesCents: totalCents }
}

function add(world: World, id: string, key: string | undefined, userId = 'usr_1'): void {
  world.orders.set(id, order('placed', 100, userId))
  if (key !== undefined) world.keys.push({ userId, key, orderId: id })
}

function change(world: World, id: string, part: Partial<ReturnType<typeof order>>): void {
  world.orders.set(id, { ...order('placed', 100), ...world.orders.get(id), ...part })
}

function faultsAfter(harm: (world: World) => void): string[] {
  const world = healthy()
  harm(world)
  return checkInvariants(before(), world, historyOf(world.lines)).map(({ fault, subject }) => `${fault}: ${subject}`)
}

describe('finds nothing', () => {
  test('after a healthy run', () => expect(faultsAfter(() => {})).toEqual([]))
  test('when a lost answer turns out to have been an order', () =>
    expect(faultsAfter((world) => add(world, 'four', 'k4'))).toEqual([]))
  test('when a request was cut off before any answer', () => {
    expect(
      faultsAfter((world) => {
        world.lines.push({ kind: 'begin', operation: 'order', key: 'k9' })
        add(world, 'nine', 'k9')
      }),
    ).toEqual([])
  })
  test('when somebody else orders meanwhile', () => expect(faultsAfter((world) => add(world, 'other', 'x', 'usr_2'))).toEqual([]))
  test('when stock was set by hand', () => {
    expect(
      faultsAfter((world) => {
        world.products.set('prd_2', shelf(100, 0))
        world.lines.push({ kind: 'stock', productId: 'prd_2', was: 5, is: 100 })
      }),
    ).toEqual([])
  })
  test('when a request sent again after no answer was refused, and the first one had come through', () => {
    expect(
      faultsAfter((world) => {
        world.lines.push({ kind: 'refused', operation: 'order', key: 'k4', code: 'KEY_IN_USE' })
        add(world, 'four', 'k4')
      }),
    ).toEqual([])
  })
  test('when a price went on rising after it was acknowledged', () => {
    expect(
      faultsAfter((world) => {
        world.lines.push({ kind: 'price', productId: 'prd_2', priceCents: 101 })
        world.products.set('prd_2', shelf(5, 0, 102))
      }),
    ).toEqual([])
  })
  test('when a charge was declined', () => {
    expect(
      faultsAfter((world) => world.charges.push({ chargeId: 'ch_9', reference: 'two', amountCents: 100, status: 'declined' })),
    ).toEqual([])
  })
})

const PLANTED: [name: string, harm: (world: World) => void, expected: string[]][] = [
  ['a piece vanished', (world) => world.products.set('prd_2', shelf(4, 0)), ['stock not conserved: prd_2']],
  ['a cancelled order kept its piece', (world) => world.products.set('prd_1', shelf(5, 5)), ['stock not conserved: prd_1']],
  ['more was sold than there was', (world) => world.products.set('prd_1', shelf(-1, 12)), ['stock below zero: prd_1']],
  ['a product is gone', (world) => world.products.delete('prd_2'), ['product gone: prd_2']],
  ['an acknowledged order was lost', (world) => world.orders.delete('two'), ['acknowledged order missing: two']],
  [
    'a key answered with an order and stored another',
    (world) => {
      add(world, 'twin', 'k2')
      world.keys = world.keys.filter(({ orderId }) => orderId !== 'two')
    },
    ['acknowledged order changed: two', 'unexplained order: two', 'acknowledged order twice: twin'],
  ],
  [
    'the total changed after the answer',
    (world) => change(world, 'two', { totalCents: 1, linesCents: 1 }),
    ['acknowledged order changed: two'],
  ],
  [
    'one key was answered with two orders',
    (world) => {
      add(world, 'twin', 'k2')
      world.lines.push({ kind: 'order', id: 'twin', key: 'k2', status: 'placed', totalCents: 100 })
    },
    ['acknowledged order twice: k2'],
  ],
  [
    'two keys were answered with one order',
    (world) => {
      world.keys.push({ userId: 'usr_1', key: 'k6', orderId: 'two' })
      world.lines.push({ kind: 'order', id: 'two', key: 'k6', status: 'placed', totalCents: 100 })
    },
    ['acknowledged order twice: two'],
  ],
  ['a request left two orders, one without a key', (world) => add(world, 'twin', undefined), ['unexplained order: twin']],
  ['an order came from nowhere', (world) => add(world, 'ghost', 'k77'), ['unexplained order: ghost']],
  ['a refused order was stored', (world) => add(world, 'five', 'k5'), ['refused order there: five']],
  [
    'a total differs from the lines',
    (world) => change(world, 'two', { linesCents: 99 }),
    ['total is not the sum of its lines: two'],
  ],
  [
    'an order of an earlier run is gone with its charge',
    (world) => {
      world.orders.delete('old')
      world.charges.shift()
    },
    ['order gone: old'],
  ],
  [
    'an acknowledged cancellation was undone',
    (world) => change(world, 'three', { status: 'placed' }),
    ['acknowledged cancellation missing: three'],
  ],
  [
    'an acknowledged payment was undone, the charge stayed',
    (world) => change(world, 'one', { status: 'placed' }),
    ['acknowledged payment missing: one', 'charge without paid order: one'],
  ],
  ['a payment row is gone', (world) => world.payments.pop(), ['acknowledged payment missing: one']],
  [
    'an order is paid that the bank never charged',
    (world) => change(world, 'two', { status: 'paid' }),
    ['paid order without charge: two'],
  ],
  [
    'an order was charged twice',
    (world) => world.charges.push({ chargeId: 'ch_2', reference: 'one', amountCents: 300, status: 'captured' }),
    ['order charged twice: one'],
  ],
  [
    'an order was charged another amount',
    (world) => {
      world.charges[1] = { chargeId: 'ch_1', reference: 'one', amountCents: 299, status: 'captured' }
    },
    ['charge of another amount: one'],
  ],
  [
    'a cancelled order was charged',
    (world) => world.charges.push({ chargeId: 'ch_3', reference: 'three', amountCents: 100, status: 'captured' }),
    ['charge without paid order: three'],
  ],
  [
    'a charge is for no order',
    (world) => world.charges.push({ chargeId: 'ch_4', reference: 'none', amountCents: 100, status: 'captured' }),
    ['charge without paid order: none'],
  ],
  [
    'an acknowledged price was undone',
    (world) => {
      world.lines.push({ kind: 'price', productId: 'prd_2', priceCents: 101 })
      world.lines.push({ kind: 'price', productId: 'prd_2', priceCents: 102 })
      world.products.set('prd_2', shelf(5, 0, 101))
    },
    ['acknowledged price missing: prd_2'],
  ],
  ['an order hangs between placed and paid', (world) => change(world, 'two', { status: 'paying' }), ['payment not settled: two']],
]

test('says of money that was wrong before the run that it was', () => {
  const world = healthy()
  const stray = { chargeId: 'ch_4', reference: 'none', amountCents: 100, status: 'captured' }
  world.charges.push(stray)
  const earlier = { ...before(), charges: [...before().charges, stray] }
  const findings = checkInvariants(earlier, world, historyOf(world.lines))
  expect(findings).toMatchObject([{ fault: 'charge without paid order', old: true }])
  expect(checkInvariants(before(), world, historyOf(world.lines))[0]).not.toHaveProperty('old')
})

describe('finds that', () => {
  test.each(PLANTED)('%s', (_, harm, expected) => {
    expect(faultsAfter(harm)).toEqual(expected)
  })
})
