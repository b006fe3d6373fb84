import { expect, test, vi } from 'vitest'
import { eventualFindings } from './eventual-findings.ts'
import { historyOf } from './history.ts'
import type { Snapshot } from './snapshot.ts'

const nothing: Snapshot = {
  products: new Map(),
  orders: new Map(),
  keys: [],
  payments: [],
  charges: [],
  carts: new Map(),
  underWay: [],
}
const unsettled: Snapshot = {
  ...nothing,
  orders: new Map([['one', { userId: 'usr_1', status: 'paying', totalCents: 1, linesCents: 1, lines: '' }]]),
}

test('waits for a payment that is still being settled', async () => {
  const snapshots = [unsettled, nothing]
  const { findings } = await eventualFindings(nothing, historyOf([]), { take: async () => snapshots.shift() ?? nothing })
  expect(findings).toEqual([])
  expect(snapshots).toEqual([])
})

test('gives up when the time is over', async () => {
  const { findings } = await eventualFindings(nothing, historyOf([]), { take: async () => unsettled, withinMs: 0 })
  expect(findings.map(({ fault }) => fault)).toEqual(['payment not settled'])
})

test('waits less long for a checkout that is left half done than for a payment', async () => {
  const now = performance.now.bind(performance)
  let passedMs = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now() + passedMs)
  let snapshots = 0
  const faultsOf = async (left: Snapshot) => {
    snapshots = 0
    passedMs = 0
    const take = async () => {
      snapshots += 1
      passedMs = snapshots * 11_000
      return left
    }
    const { findings } = await eventualFindings(nothing, historyOf([]), { take })
    return findings.map(({ fault }) => fault)
  }
  expect([await faultsOf({ ...nothing, underWay: ['one'] }), snapshots]).toEqual([['checkout not ended'], 1])
  expect([await faultsOf(unsettled), snapshots]).toEqual([['payment not settled'], 2])
  vi.restoreAllMocks()
})

test('does not wait for what no time will put right', async () => {
  const sold = { ...nothing, products: new Map([['prd_1', { stock: 5, sold: 0, reserved: 0, priceCents: 1 }]]) }
  const lost = { ...nothing, products: new Map([['prd_1', { stock: 4, sold: 0, reserved: 0, priceCents: 1 }]]) }
  let snapshots = 0
  const take = async () => {
    snapshots += 1
    return lost
  }
  const { findings } = await eventualFindings(sold, historyOf([]), { take })
  expect(findings).toHaveLength(1)
  expect(snapshots).toBe(1)
})

test('nor for the payment of an order that is lost', async () => {
  const charge = { chargeId: 'ch_1', reference: 'one', amountCents: 1, status: 'captured' } as const
  const lost = { ...nothing, charges: [charge] }
  const placed = { kind: 'order', id: 'one', key: 'k', status: 'placed', totalCents: 1, items: [] } as const
  let snapshots = 0
  const take = async () => {
    snapshots += 1
    return lost
  }
  const { findings } = await eventualFindings(nothing, historyOf([placed]), { take })
  expect(findings.map(({ fault }) => fault)).toEqual(['acknowledged order missing', 'charge without paid order'])
  expect(snapshots).toBe(1)
})
