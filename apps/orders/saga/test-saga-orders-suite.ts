/** What every database of a customer keeps, wherever it is. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { IdempotentRequest } from '../../platform/http/idempotency.ts'
import type { Line } from '../../products/stock/stock.ts'
import type { Intent, SagaOrders } from './saga-orders.ts'
import { DUTIES, next, type SagaEvent, type SagaState, STEPS } from './steps.ts'

export type Desk = {
  readonly orders: SagaOrders
  /** What a payment does; answers or throws as it likes where it may not. */
  pay(orderId: string, event: SagaEvent): Promise<unknown>
  /** More than a lease. */
  passTime(): Promise<void>
}

export const USER = 'usr_a_01'
const LINES: readonly Line[] = [
  { productId: 'prd_b', name: 'B', quantity: 2, unitPriceCents: 250 },
  { productId: 'prd_a', name: 'Ä, "quoted"', quantity: 3, unitPriceCents: 100 },
]

const asked = (key: string): IdempotentRequest => ({ userId: USER, key, requestHash: Buffer.alloc(32, key) })
const idOf = (word: string) => `ord_${word}_01`

export function sagaOrdersSuite(name: string, make: () => Promise<Desk>): void {
  describe(name, () => {
    let desk: Desk
    let orders: SagaOrders
    beforeEach(async () => {
      desk = await make()
      orders = desk.orders
    })
    const intend = async (word: string, key = word): Promise<Intent> => {
      expect(await orders.intend(asked(key), idOf(word))).toBeUndefined()
      return { userId: USER, key, orderId: idOf(word) }
    }
    const place = async (word: string): Promise<Intent> => {
      const intent = await intend(word)
      expect(await orders.place(intent, LINES)).toMatchObject({ id: intent.orderId })
      return intent
    }
    const stateOf = async (orderId: string) => (await orders.states([orderId])).get(orderId)

    test('writes a key down once, for one order', async () => {
      const ids = Array.from({ length: 20 }, (_, index) => idOf(String(index)))
      const answers = await Promise.all(ids.map((id) => orders.intend(asked('k'), id)))
      const [first] = ids.filter((_, index) => answers[index] === undefined)
      const known = { orderId: first, requestHash: Buffer.alloc(32, 'k'), isPlaced: false }
      expect(answers.filter((answer) => answer !== undefined)).toMatchObject(Array(19).fill(known))
      await orders.place({ userId: USER, key: 'k', orderId: first ?? '' }, LINES)
      expect(await orders.intend(asked('k'), idOf('late'))).toMatchObject({ ...known, isPlaced: true })
    })

    test('shows no order before it is placed, and what is placed as it was placed', async () => {
      const intent = await intend('one')
      await expect(orders.find(USER, intent.orderId)).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' })
      await expect(orders.cancel(USER, intent.orderId)).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' })
      const placed = await orders.place(intent, LINES)
      expect(placed).toMatchObject({ id: intent.orderId, status: 'placed', totalCents: 800, items: LINES })
      await orders.cancel(USER, intent.orderId)
      expect(JSON.stringify(await orders.find(USER, intent.orderId))).toBe(JSON.stringify(placed))
      await expect(orders.find('usr_b_01', intent.orderId)).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' })
    })

    test('frees the key of a refused order for another, and places that one alone', async () => {
      const first = await intend('one', 'k')
      expect(await orders.refuse(first)).toBe('refused')
      const second = await intend('two', 'k')
      expect(await orders.place(first, LINES)).toBeUndefined()
      expect(await orders.refuse(first)).toBe('refused')
      expect(await orders.place(second, LINES)).toMatchObject({ id: second.orderId })
      expect([await stateOf(first.orderId), await stateOf(second.orderId)]).toEqual(['refused', 'placed'])
    })

    test('places an order once, and refuses none that is placed', async () => {
      const intent = await place('one')
      expect(await orders.place(intent, LINES)).toBeUndefined()
      expect(await orders.refuse(intent)).toBe('placed')
      expect(await orders.intend(asked('one'), idOf('late'))).toMatchObject({ orderId: intent.orderId, isPlaced: true })
    })

    test('refuses or places where both are asked at once, never both', async () => {
      for (let round = 0; round < 10; round += 1) {
        const intent = await intend(`round${round}`)
        const [placed, state] = await Promise.all([orders.place(intent, LINES), orders.refuse(intent)])
        expect(state).toBe(placed ? 'placed' : 'refused')
      }
    })

    test('owes the pieces of a cancelled order to the shelf until they are back', async () => {
      const { orderId } = await place('one')
      await place('two')
      await orders.cancel(USER, orderId)
      await expect(orders.cancel(USER, orderId)).rejects.toMatchObject({ code: 'ALREADY_CANCELLED' })
      expect((await orders.leftovers()).owed).toEqual([])
      await desk.passTime()
      const { owed, missing } = await orders.leftovers()
      expect(owed).toMatchObject([{ orderId, items: LINES.map(({ productId, quantity }) => ({ productId, quantity })) }])
      expect(missing).toEqual([])
      for (let turn = 0; turn < 2; turn += 1) await orders.settle(orderId)
      expect((await orders.leftovers()).owed).toEqual([])
    })

    test('names intents once their time is over, and until they are ended', async () => {
      const intents = [await intend('one'), await intend('two'), await intend('three')]
      expect((await orders.leftovers()).intents).toEqual([])
      await desk.passTime()
      const late = (await orders.leftovers()).intents
      expect(late.toSorted((one, other) => (one.key < other.key ? -1 : 1))).toEqual([intents[0], intents[2], intents[1]])
      // Late is not refused: it may still be placed until somebody writes that it is.
      await orders.place(intents[0] as Intent, LINES)
      await orders.refuse(intents[1] as Intent)
      expect((await orders.leftovers()).intents).toEqual([intents[2]])
    })

    test('says of each order what it is, and of those that there never were that they are refused', async () => {
      const ids = [(await intend('one')).orderId, (await place('two')).orderId, idOf('never')]
      expect([...(await orders.states(ids))].sort()).toEqual([
        [idOf('never'), 'refused'],
        [idOf('one'), 'pending'],
        [idOf('two'), 'placed'],
      ])
    })

    const doEvent = async (intent: Intent, event: SagaEvent): Promise<unknown> => {
      const { key, orderId } = intent
      if (event === 'key written down') return orders.intend(asked(key), orderId)
      if (event === 'stock taken') return orders.place(intent, LINES)
      if (event === 'cancelled') return orders.cancel(USER, orderId)
      if (event === 'no stock, or no answer' || event === 'time over') return orders.refuse(intent)
      return desk.pay(orderId, event)
    }

    test.each(Object.keys(DUTIES) as SagaState[])(
      'moves a %s order where the table of steps says so, and nowhere else',
      async (state) => {
        for (const [index, event] of [...new Set(STEPS.map((step) => step.event))].entries()) {
          const intent = { userId: USER, key: `k${index}`, orderId: idOf(`${state}${index}`) }
          for (const step of wayTo(state)) await doEvent(intent, step)
          expect(await stateOf(intent.orderId)).toBe(state)
          await doEvent(intent, event).catch(() => undefined)
          expect(await stateOf(intent.orderId), `${state}: ${event}`).toBe(next(state, event) ?? state)
        }
      },
    )
  })
}

/** The events that bring an order there, from nothing. */
function wayTo(state: SagaState): SagaEvent[] {
  if (state === 'refused') return []
  const step = STEPS.find(({ to }) => to === state)
  if (!step) throw new Error(`no step leads to ${state}`)
  return [...wayTo(step.from), step.event]
}
