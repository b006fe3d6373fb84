/** A payment whose process dies on the way ends as it would have, and the card is charged once. */
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { dying } from '../fixtures/dying.ts'
import { openTill, type Parts, type Till, type Way } from '../fixtures/till.ts'

let till: Till
beforeEach(async () => {
  till = await openTill(inject('databaseUrl'))
})
afterEach(() => till.databases.close())

const BANK_FAULTS = [
  { call: 'charge', when: 'before' },
  { call: 'charge', when: 'after' },
] as const
const CLAIM_FAULTS = [
  { call: 'begin', when: 'after' },
  { call: 'end', when: 'before' },
  { call: 'end', when: 'after' },
] as const
const ORDER_FAULTS = [
  { call: 'claimForPayment', when: 'before' },
  { call: 'claimForPayment', when: 'after' },
  { call: 'markPaid', when: 'before' },
  { call: 'markPaid', when: 'after' },
  { call: 'releasePayment', when: 'before' },
  { call: 'releasePayment', when: 'after' },
] as const
const CARDS = ['tok_approved', 'tok_declined'] as const

type Fault = (typeof BANK_FAULTS | typeof CLAIM_FAULTS | typeof ORDER_FAULTS)[number]

function partsOf(way: Way): Parts {
  return { claims: till.claims(way), bank: till.bank }
}

function partsThatDie(way: Way, { call, when }: Fault): Parts {
  const parts = partsOf(way)
  if (call === 'charge') return { ...parts, bank: dying(till.bank, call, when) }
  if (call === 'begin' || call === 'end') return { ...parts, claims: dying(parts.claims, call, when) }
  return { ...parts, claims: till.claims(way, dying(till.orders, call, when)) }
}

/** Each way dies at each of its own steps. */
const DEATHS: readonly { readonly way: Way; readonly fault: Fault; readonly card: (typeof CARDS)[number] }[] = [
  ...CARDS.flatMap((card) => CLAIM_FAULTS.map((fault) => ({ way: 'in one commit', fault, card }) as const)),
  ...[...BANK_FAULTS, ...ORDER_FAULTS].map((fault) => {
    const card = fault.call === 'releasePayment' ? 'tok_declined' : 'tok_approved'
    return { way: 'one step after the other', fault, card } as const
  }),
]

describe.each(DEATHS)('$way, after a death $fault.when $fault.call, with $card', ({ way, fault, card }) => {
  /** After its end nobody looks at it again. */
  const asksAgain = fault.call === 'end' && fault.when === 'after' ? 0 : 1
  const ends =
    card === 'tok_declined'
      ? { order: 'placed', status: 'declined', charges: 0 }
      : { order: 'paid', status: 'captured', charges: 1 }

  async function expectEnd(): Promise<void> {
    expect(await till.orderStatus()).toBe(ends.order)
    expect((await till.payments()).map(({ status }) => status)).toEqual([ends.status])
    expect(till.bank.captured).toHaveLength(ends.charges)
  }

  test('the same request again finishes the payment', async () => {
    await expect(till.pay({ card }, partsThatDie(way, fault))).rejects.toThrow('died')
    expect(await till.pay({ card }, partsOf(way))).toMatchObject({ value: { status: ends.status } })
    await expectEnd()
  })

  test('two sweepers at once finish the payment', async () => {
    await expect(till.pay({ card }, partsThatDie(way, fault))).rejects.toThrow('died')
    await till.endLeases()
    const askedBefore = till.bank.asked
    await Promise.all([till.sweep(partsOf(way)), till.sweep(partsOf(way))])
    await expectEnd()
    expect(till.bank.asked).toBe(askedBefore + asksAgain)
    await till.sweep(partsOf(way))
    expect(await till.pay({ card }, partsOf(way))).toMatchObject({ replayed: true, value: { status: ends.status } })
    await expectEnd()
  })
})

test('what one way left half done the other finishes', async () => {
  const dead = partsThatDie('one step after the other', { call: 'markPaid', when: 'after' })
  await expect(till.pay({}, dead)).rejects.toThrow('died')
  expect(await till.pay({}, partsOf('in one commit'))).toMatchObject({ replayed: false, value: { status: 'captured' } })
  expect([await till.orderStatus(), (await till.payments()).map(({ status }) => status)]).toEqual(['paid', ['captured']])
  expect(till.bank.captured).toHaveLength(1)
})
