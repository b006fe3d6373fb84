import { describe, expect, test } from 'vitest'
import type { HistoryLine } from '../../../loadtests/history.ts'
import { add, before, change, faultsAfter, shelf, told, type World } from './healthy-run.ts'

const PLANTED: [name: string, harm: (world: World) => void, expected: string[]][] = [
  ['a piece vanished', (world) => world.products.set('prd_2', shelf(4, 0)), ['stock not conserved: prd_2']],
  [
    'a piece was taken for an order on its way, and is missing in neither place',
    (world) => world.products.set('prd_2', shelf(5, 0, { reserved: 1 })),
    ['stock not conserved: prd_2'],
  ],
  [
    'an order was left on its way with its piece',
    (world) => {
      world.products.set('prd_2', shelf(4, 0, { reserved: 1 }))
      world.underWay.push('half')
    },
    ['checkout not ended: half'],
  ],
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
      world.lines.push(told('twin', 'k2'))
    },
    ['acknowledged order twice: k2'],
  ],
  [
    'two keys were answered with one order',
    (world) => {
      world.keys.push({ userId: 'usr_1', key: 'k6', orderId: 'two' })
      world.lines.push(told('two', 'k6'))
    },
    ['acknowledged order twice: two'],
  ],
  ['an order is stored for another user', (world) => change(world, 'two', { userId: 'usr_2' }), ['order not as asked for: two']],
  [
    'an order whose answer was lost is stored for another user',
    (world) => add(world, 'four', 'k4', 'usr_3'),
    ['order not as asked for: four'],
  ],
  [
    'an order is stored of another product of the same price',
    (world) => change(world, 'two', { lines: 'prd_2 x1' }),
    ['acknowledged order changed: two', 'order not as asked for: two'],
  ],
  [
    'an order is answered and stored of another product',
    (world) => {
      const [at] = world.lines.flatMap((line, index) => (line.kind === 'order' && line.id === 'two' ? [index] : []))
      world.lines[at ?? -1] = { ...told('two', 'k2'), items: [{ productId: 'prd_2', quantity: 1 }] } as HistoryLine
      change(world, 'two', { lines: 'prd_2 x1' })
    },
    ['order not as asked for: two'],
  ],
  [
    'an order was cancelled that nobody cancelled',
    (world) => change(world, 'two', { status: 'cancelled' }),
    ['order cancelled unasked: two'],
  ],
  [
    'a payment was answered with another amount',
    (world) => {
      world.payments = [...before().payments, { id: 'pay_1', orderId: 'one', status: 'captured', amountCents: 299 }]
    },
    ['acknowledged payment changed: one'],
  ],
  [
    'an order was paid and charged that nobody paid for',
    (world) => {
      change(world, 'two', { status: 'paid' })
      world.charges.push({ chargeId: 'ch_5', reference: 'two', amountCents: 100, status: 'captured' })
    },
    ['charge nobody asked for: two'],
  ],
  [
    'a card was charged after it was declined',
    (world) => {
      change(world, 'two', { status: 'paid' })
      world.charges.push({ chargeId: 'ch_6', reference: 'two', amountCents: 100, status: 'captured' })
      world.lines.push({ kind: 'begin', operation: 'payment', key: 'k2-pay', orderId: 'two', card: 'tok_declined' })
      world.lines.push({ kind: 'refused', operation: 'payment', key: 'k2-pay', code: 'CARD_DECLINED' })
    },
    ['refused payment charged: two'],
  ],
  [
    'a good card was declined',
    (world) => {
      world.lines.push({ kind: 'begin', operation: 'payment', key: 'k2-pay', orderId: 'two', card: 'tok_lost_reply' })
      world.lines.push({ kind: 'refused', operation: 'payment', key: 'k2-pay', code: 'CARD_DECLINED' })
    },
    ['card answered wrongly: k2-pay'],
  ],
  [
    'a card was taken that must be declined',
    (world) => world.lines.push({ kind: 'begin', operation: 'payment', key: 'k1-pay', orderId: 'one', card: 'tok_declined' }),
    ['card answered wrongly: k1-pay'],
  ],
  ['an item of a cart was lost', (world) => world.carts.delete('usr_1 prd_1'), ['acknowledged cart item missing: usr_1 prd_1']],
  [
    'an item of a cart has another quantity',
    (world) => world.carts.set('usr_1 prd_1', 2),
    ['acknowledged cart item missing: usr_1 prd_1'],
  ],
  [
    'what was ordered from a cart is in it again',
    (world) => world.carts.set('usr_1 prd_2', 1),
    ['cart item there again: usr_1 prd_2'],
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
      world.products.set('prd_2', shelf(5, 0, { priceCents: 101 }))
    },
    ['acknowledged price missing: prd_2'],
  ],
  ['an order hangs between placed and paid', (world) => change(world, 'two', { status: 'paying' }), ['payment not settled: two']],
]

describe('finds that', () => {
  test.each(PLANTED)('%s', (_, harm, expected) => {
    expect(faultsAfter(harm)).toEqual(expected)
  })
})
