import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { dying } from '../fixtures/dying.ts'
import { openTill, type Parts, type Payer, type Till, WAYS } from '../fixtures/till.ts'
import { type Bank, BankSilent } from './bank.ts'
import { makePayments } from './payments.ts'

let till: Till
beforeEach(async () => {
  till = await openTill(inject('databaseUrl'))
})
afterEach(() => till.databases.close())

describe.each(WAYS)('%s', (way) => {
  const ours = (parts: Partial<Parts> = {}) => ({ claims: till.claims(way), bank: till.bank, ...parts })
  const pay = (payer: Payer = {}, parts: Partial<Parts> = {}) => till.pay(payer, ours(parts))

  describe('paying', () => {
    test('charges the total, pays the order and answers the same for the same key', async () => {
      const first = await pay()
      expect(first).toMatchObject({ replayed: false, value: { orderId: till.orderId, status: 'captured', amountCents: 1_400 } })
      expect(till.bank.captured).toEqual([
        { key: first.value.id, reference: till.orderId, amountCents: 1_400, card: 'tok_approved' },
      ])
      expect(await till.orderStatus()).toBe('paid')
      const again = await pay()
      expect(again.replayed).toBe(true)
      expect(JSON.stringify(again.value)).toBe(JSON.stringify(first.value))
      expect(till.bank.asked).toBe(1)
    })

    test('with a bad card is declined, remembered, and leaves the order to another card', async () => {
      expect(await pay({ card: 'tok_declined' })).toMatchObject({ replayed: false, value: { status: 'declined' } })
      expect(await pay({ card: 'tok_declined' })).toMatchObject({ replayed: true, value: { status: 'declined' } })
      expect([await till.orderStatus(), till.bank.asked]).toEqual(['placed', 1])
      expect(await pay({ key: 'k2' })).toMatchObject({ value: { status: 'captured' } })
    })

    test("somebody else's order, or none, is not there, and leaves no trace", async () => {
      await expect(pay({ userId: 'usr_02' })).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' })
      await expect(pay({ order: 'ord_none' })).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' })
      expect([await till.payments(), till.bank.asked]).toEqual([[], 0])
    })

    test('a paid or cancelled order is refused and not remembered', async () => {
      await pay()
      await expect(pay({ key: 'k2' })).rejects.toMatchObject({ code: 'ALREADY_PAID' })
      await till.databases.writes.updateTable('orders').set({ status: 'cancelled', payment_id: null }).execute()
      await expect(pay({ key: 'k3' })).rejects.toMatchObject({ code: 'ALREADY_CANCELLED' })
      expect([(await till.payments()).length, till.bank.asked]).toEqual([1, 1])
    })

    test('with a known key and another card is refused', async () => {
      await pay()
      await expect(pay({ card: 'tok_slow' })).rejects.toMatchObject({ code: 'KEY_REUSED' })
    })

    test('of two orders at once with one key pays one of them', async () => {
      const second = { userId: 'usr_01', key: 'another order', requestHash: Buffer.alloc(32) }
      const { value } = await till.orders.place(second, { items: [{ productId: 'prd_a', quantity: 1 }] })
      const answers = await Promise.allSettled([till.orderId, value.id].map((order) => pay({ order })))
      expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(answers.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'KEY_REUSED' } })
      const statuses = await till.databases.writes.selectFrom('orders').select('status').execute()
      expect(statuses.map(({ status }) => status).sort()).toEqual(['paid', 'placed'])
      expect(till.bank.captured).toHaveLength(1)
    })

    test('at once with one key and with many keys charges once', async () => {
      const keys = Array.from({ length: 30 }, (_, index) => (index % 2 ? 'same' : `key-${index}`))
      const answers = await Promise.allSettled(keys.map((key) => pay({ key })))
      const paid = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.value.id] : []))
      const codes = new Set(answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason.code] : [])))
      expect(new Set(paid).size).toBe(1)
      expect([...codes].filter((code) => !['ALREADY_PAID', 'PAYMENT_IN_PROGRESS', 'KEY_IN_USE'].includes(code))).toEqual([])
      expect(till.bank.captured).toHaveLength(1)
    })
  })

  describe('a silent bank', () => {
    const silent: Bank = { charge: () => Promise.reject(new BankSilent('nothing')) }

    test('leaves the payment pending and the order held', async () => {
      await expect(pay({}, { bank: silent })).rejects.toMatchObject({ code: 'PAYMENT_PENDING', retryAfterS: 2 })
      await expect(pay({ key: 'k2' })).rejects.toMatchObject({ code: 'PAYMENT_IN_PROGRESS' })
      await expect(till.orders.cancel('usr_01', till.orderId)).rejects.toMatchObject({ code: 'PAYMENT_IN_PROGRESS' })
      expect(await pay()).toMatchObject({ value: { status: 'captured' } })
    })

    test('keeps a sweeper from trying the rest, and the payment stays for the next', async () => {
      await expect(pay({}, { bank: silent })).rejects.toThrow()
      await expect(till.sweep(ours({ bank: silent }))).rejects.toMatchObject({
        code: 'PAYMENT_PENDING',
      })
      await till.sweep(ours())
      expect(await till.orderStatus()).toBe('paid')
    })
  })

  describe('the lease', () => {
    test('keeps a second request, and the sweeper, off a payment that is being worked on', async () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const slow: Bank = { charge: async (order) => promise.then(() => till.bank.charge(order)) }
      const first = pay({}, { bank: slow })
      while ((await till.orderStatus()) !== 'paying');
      await expect(pay()).rejects.toMatchObject({ code: 'KEY_IN_USE' })
      await till.sweep(ours())
      expect(till.bank.asked).toBe(0)
      resolve()
      expect(await first).toMatchObject({ value: { status: 'captured' } })
    })
  })

  describe('in the background', () => {
    test('an unfinished payment is finished, until the sweeping is stopped', async () => {
      await expect(pay({}, { bank: dying(till.bank, 'charge', 'after') })).rejects.toThrow()
      const payments = makePayments(till.databases, ours())
      payments.sweeping.start()
      try {
        await expect.poll(till.orderStatus, { timeout: 20_000 }).toBe('paid')
      } finally {
        await payments.sweeping.stop()
      }
    })
  })
})
