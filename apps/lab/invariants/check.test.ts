import { describe, expect, test } from 'vitest'
import { checkInvariants } from './check.ts'
import { add, asked, before, change, faultsAfter, healthy, shelf } from './healthy-run.ts'
import { historyOf } from './history.ts'

describe('finds nothing', () => {
  test('after a healthy run', () => expect(faultsAfter(() => {})).toEqual([]))
  test('when a lost answer turns out to have been an order', () =>
    expect(faultsAfter((world) => add(world, 'four', 'k4'))).toEqual([]))
  test('when a request was cut off before any answer', () => {
    expect(
      faultsAfter((world) => {
        world.lines.push(asked('k9'))
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
        world.products.set('prd_2', shelf(5, 0, { priceCents: 102 }))
      }),
    ).toEqual([])
  })
  test('when a payment whose answer was lost was charged, though another one was refused', () => {
    expect(
      faultsAfter((world) => {
        change(world, 'two', { status: 'paid' })
        world.charges.push({ chargeId: 'ch_7', reference: 'two', amountCents: 100, status: 'captured' })
        world.lines.push({ kind: 'begin', operation: 'payment', key: 'k2-pay', orderId: 'two', card: 'tok_approved' })
        world.lines.push({ kind: 'info', operation: 'payment', key: 'k2-pay', detail: 'timeout' })
        world.lines.push({ kind: 'begin', operation: 'payment', key: 'k2-again', orderId: 'two', card: 'tok_approved' })
        world.lines.push({ kind: 'refused', operation: 'payment', key: 'k2-again', code: 'ALREADY_PAID' })
      }),
    ).toEqual([])
  })
  test('when a cancellation whose answer was lost was carried out', () => {
    expect(
      faultsAfter((world) => {
        change(world, 'two', { status: 'cancelled' })
        world.lines.push({ kind: 'cancelling', orderId: 'two' })
      }),
    ).toEqual([])
  })
  test('when a charge was declined', () => {
    expect(
      faultsAfter((world) => world.charges.push({ chargeId: 'ch_9', reference: 'two', amountCents: 100, status: 'declined' })),
    ).toEqual([])
  })
})

test('says of money that was wrong before the run that it was', () => {
  const world = healthy()
  const stray = { chargeId: 'ch_4', reference: 'none', amountCents: 100, status: 'captured' }
  world.charges.push(stray)
  const earlier = { ...before(), charges: [...before().charges, stray] }
  const findings = checkInvariants(earlier, world, historyOf(world.lines))
  expect(findings).toMatchObject([{ fault: 'charge without paid order', old: true }])
  expect(checkInvariants(before(), world, historyOf(world.lines))[0]).not.toHaveProperty('old')
})
