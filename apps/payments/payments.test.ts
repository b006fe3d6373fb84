import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { ordersOn } from '../fixtures/orders.ts'
import { type ShopDatabase, shopDatabase } from '../fixtures/shop-database.ts'
import type { Orders } from '../orders/orders.ts'
import { type Bank, BankSilent, type Charge, type ChargeOrder } from './bank.ts'
import { makePayments } from './payments.ts'
import { sweep } from './sweeper.ts'

let databases: ShopDatabase
let orders: Orders
let bank: FakeBank
let orderId: string

beforeEach(async () => {
  databases = await shopDatabase(inject('databaseUrl'), [{ id: 'prd_a', stock: 50, priceCents: 700 }])
  orders = ordersOn(databases)
  bank = fakeBank()
  const request = { userId: 'usr_01', key: 'order', requestHash: Buffer.alloc(32) }
  orderId = (await orders.place(request, { items: [{ productId: 'prd_a', quantity: 2 }] })).value.id
})
afterEach(() => databases.close())

type FakeBank = Bank & { readonly captured: ChargeOrder[]; asked: number }

/** Charges once for each key, as the real one does. */
function fakeBank(): FakeBank {
  const answers = new Map<string, Charge>()
  const fake: FakeBank = {
    captured: [],
    asked: 0,
    async charge(order) {
      fake.asked += 1
      const known = answers.get(order.key)
      if (known) return known
      const declined = order.card === 'tok_declined'
      const charge: Charge = declined ? { status: 'declined' } : { status: 'captured', chargeId: `chg_${answers.size}` }
      answers.set(order.key, charge)
      if (!declined) fake.captured.push(order)
      return charge
    },
  }
  return fake
}

type Parts = { orders: Orders; bank: Bank }
type Payer = { key?: string; card?: string; userId?: string; order?: string }

function pay({ key = 'k', card = 'tok_approved', userId = 'usr_01', order = orderId }: Payer = {}, parts: Partial<Parts> = {}) {
  const draft = { orderId: order, card }
  const requestHash = createHash('sha256').update(JSON.stringify(draft)).digest()
  return makePayments(databases, { orders, bank, ...parts }).pay({ userId, key, requestHash }, draft)
}

const statusOf = async () => (await orders.find('usr_01', orderId)).status
const rows = () => databases.writes.selectFrom('payments').selectAll().execute()
const endLeases = () =>
  databases.writes
    .updateTable('payments')
    .set({ lease_until: new Date(0) })
    .execute()
const sweepAll = () => sweep({ store: databases, orders, bank })

describe('paying', () => {
  test('charges the total, pays the order and answers the same for the same key', async () => {
    const first = await pay()
    expect(first).toMatchObject({ replayed: false, value: { orderId, status: 'captured', amountCents: 1_400 } })
    expect(bank.captured).toEqual([{ key: first.value.id, reference: orderId, amountCents: 1_400, card: 'tok_approved' }])
    expect(await statusOf()).toBe('paid')
    const again = await pay()
    expect(again.replayed).toBe(true)
    expect(JSON.stringify(again.value)).toBe(JSON.stringify(first.value))
    expect(bank.asked).toBe(1)
  })

  test('with a bad card is declined, remembered, and leaves the order to another card', async () => {
    expect(await pay({ card: 'tok_declined' })).toMatchObject({ replayed: false, value: { status: 'declined' } })
    expect(await pay({ card: 'tok_declined' })).toMatchObject({ replayed: true, value: { status: 'declined' } })
    expect([await statusOf(), bank.asked]).toEqual(['placed', 1])
    expect(await pay({ key: 'k2' })).toMatchObject({ value: { status: 'captured' } })
  })

  test("somebody else's order, or none, is not there, and leaves no trace", async () => {
    await expect(pay({ userId: 'usr_02' })).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' })
    await expect(pay({ order: 'ord_none' })).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' })
    expect([await rows(), bank.asked]).toEqual([[], 0])
  })

  test('a paid or cancelled order is refused and not remembered', async () => {
    await pay()
    await expect(pay({ key: 'k2' })).rejects.toMatchObject({ code: 'ALREADY_PAID' })
    await databases.writes.updateTable('orders').set({ status: 'cancelled', payment_id: null }).execute()
    await expect(pay({ key: 'k3' })).rejects.toMatchObject({ code: 'ALREADY_CANCELLED' })
    expect([(await rows()).length, bank.asked]).toEqual([1, 1])
  })

  test('with a known key and another card is refused', async () => {
    await pay()
    await expect(pay({ card: 'tok_slow' })).rejects.toMatchObject({ code: 'KEY_REUSED' })
  })

  test('at once with one key and with many keys charges once', async () => {
    const keys = Array.from({ length: 30 }, (_, index) => (index % 2 ? 'same' : `key-${index}`))
    const answers = await Promise.allSettled(keys.map((key) => pay({ key })))
    const paid = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.value.id] : []))
    const codes = new Set(answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason.code] : [])))
    expect(new Set(paid).size).toBe(1)
    expect([...codes].filter((code) => !['ALREADY_PAID', 'PAYMENT_IN_PROGRESS', 'KEY_IN_USE'].includes(code))).toEqual([])
    expect(bank.captured).toHaveLength(1)
  })
})

/** Throws in the place of the named call (`before`) or once it has done its work (`after`), like a process that dies there. */
function dying<Part extends object>(part: Part, call: keyof Part & string, when: 'before' | 'after'): Part {
  const work = part[call] as (...args: unknown[]) => Promise<unknown>
  const die = async (...args: unknown[]) => {
    if (when === 'after') await work(...args)
    throw new Error(`died ${when} ${call}`)
  }
  return { ...part, [call]: die }
}

const FAULTS = [
  { part: 'orders', call: 'claimForPayment', when: 'before' },
  { part: 'orders', call: 'claimForPayment', when: 'after' },
  { part: 'bank', call: 'charge', when: 'before' },
  { part: 'bank', call: 'charge', when: 'after' },
  { part: 'orders', call: 'markPaid', when: 'before' },
  { part: 'orders', call: 'markPaid', when: 'after' },
  { part: 'orders', call: 'releasePayment', when: 'before' },
  { part: 'orders', call: 'releasePayment', when: 'after' },
] as const

function partsThatDie({ part, call, when }: (typeof FAULTS)[number]): Partial<Parts> {
  return part === 'bank' ? { bank: dying(bank, call, when) } : { orders: dying(orders, call, when) }
}

describe.each(FAULTS)('after a death $when $call', (fault) => {
  const card = fault.call === 'releasePayment' ? 'tok_declined' : 'tok_approved'
  const ends =
    card === 'tok_declined'
      ? { order: 'placed', status: 'declined', charges: 0 }
      : { order: 'paid', status: 'captured', charges: 1 }

  async function expectEnd(): Promise<void> {
    expect(await statusOf()).toBe(ends.order)
    expect((await rows()).map(({ status }) => status)).toEqual([ends.status])
    expect(bank.captured).toHaveLength(ends.charges)
  }

  test('the same request again finishes the payment', async () => {
    await expect(pay({ card }, partsThatDie(fault))).rejects.toThrow('died')
    expect(await pay({ card })).toMatchObject({ value: { status: ends.status } })
    await expectEnd()
  })

  test('two sweepers at once finish the payment', async () => {
    await expect(pay({ card }, partsThatDie(fault))).rejects.toThrow('died')
    await endLeases()
    const askedBefore = bank.asked
    await Promise.all([sweepAll(), sweepAll()])
    await expectEnd()
    expect(bank.asked).toBe(askedBefore + 1)
    await sweepAll()
    expect(await pay({ card })).toMatchObject({ replayed: true, value: { status: ends.status } })
    await expectEnd()
  })
})

describe('a silent bank', () => {
  const silent: Bank = { charge: () => Promise.reject(new BankSilent('nothing')) }

  test('leaves the payment pending and the order held', async () => {
    await expect(pay({}, { bank: silent })).rejects.toMatchObject({ code: 'PAYMENT_PENDING', retryAfterS: 2 })
    await expect(pay({ key: 'k2' })).rejects.toMatchObject({ code: 'PAYMENT_IN_PROGRESS' })
    await expect(orders.cancel('usr_01', orderId)).rejects.toMatchObject({ code: 'PAYMENT_IN_PROGRESS' })
    expect(await pay()).toMatchObject({ value: { status: 'captured' } })
  })

  test('keeps a sweeper from trying the rest, and the payment stays for the next', async () => {
    await expect(pay({}, { bank: silent })).rejects.toThrow()
    await expect(sweep({ store: databases, orders, bank: silent })).rejects.toMatchObject({
      code: 'PAYMENT_PENDING',
    })
    await sweepAll()
    expect(await statusOf()).toBe('paid')
  })
})

describe('the lease', () => {
  test('keeps a second request, and the sweeper, off a payment that is being worked on', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const slow: Bank = { charge: async (order) => promise.then(() => bank.charge(order)) }
    const first = pay({}, { bank: slow })
    while ((await statusOf()) !== 'paying');
    await expect(pay()).rejects.toMatchObject({ code: 'KEY_IN_USE' })
    await sweepAll()
    expect(bank.asked).toBe(0)
    resolve()
    expect(await first).toMatchObject({ value: { status: 'captured' } })
  })
})

describe('in the background', () => {
  test('an unfinished payment is finished, until the sweeping is stopped', async () => {
    await expect(pay({}, partsThatDie({ part: 'bank', call: 'charge', when: 'after' }))).rejects.toThrow()
    const payments = makePayments(databases, { orders, bank })
    payments.sweeping.start()
    try {
      await expect.poll(statusOf, { timeout: 20_000 }).toBe('paid')
    } finally {
      await payments.sweeping.stop()
    }
  })
})
