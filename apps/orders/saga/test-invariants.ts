/** What must hold whatever happens: some of it at each step, the rest when all is over. */
import { REQUEST_LASTS_MS } from '../../platform/http/deadline.ts'
import { ShopError } from '../../platform/http/errors.ts'
import type { Answer, IdempotentRequest } from '../../platform/http/idempotency.ts'
import type { Stock } from '../../products/stock/stock.ts'
import type { MemoryStock } from '../../products/stock/test-memory-stock.ts'
import type { Order, OrderItem } from '../order.ts'
import type { SagaOrders } from './saga-orders.ts'
import { DUTIES } from './steps.ts'
import type { MemorySagaOrders } from './test-memory-saga-orders.ts'
import type { Process, World } from './test-world.ts'

/** One request to place an order, the id that its app gave to the order, and what its client was told. */
export type Attempt = {
  readonly orderId: string
  readonly request: IdempotentRequest
  readonly items: readonly OrderItem[]
  readonly process: Process
  readonly beganAt: number
  told?: { readonly at: number; readonly answer: Answer<Order> | Error }
}

export type Scene = {
  readonly world: World
  readonly stock: MemoryStock
  readonly orders: MemorySagaOrders
  readonly attempts: Map<string, Attempt>
  readonly cancelled: Set<string>
}

export function watchedStock({ world, stock, orders }: Scene): Stock {
  const back = new Set<string>()
  return {
    ...stock,
    async take(orderId, items) {
      const lines = await stock.take(orderId, items)
      if (back.has(orderId)) world.violations.push(`${orderId} took pieces after it was given back`)
      world.note(`${orderId} has its pieces`)
      return lines
    },
    async giveBack(orderId, items) {
      const state = orders.stateOf(orderId)
      if (DUTIES[state] === 'keep') world.violations.push(`the pieces of ${orderId}, which is ${state}, were given back`)
      await stock.giveBack(orderId, items)
      back.add(orderId)
      world.note(`${orderId} is given back`)
    },
  }
}

export function watchedOrders({ world, stock, orders, attempts }: Scene, by: 'request' | 'sweeper'): SagaOrders {
  return {
    ...orders,
    async place(intent, lines) {
      const placed = await orders.place(intent, lines)
      const { state = 'never taken' } = stock.reservations.get(intent.orderId) ?? {}
      if (placed && state !== 'held') world.violations.push(`${intent.orderId} was placed, and its pieces are ${state}`)
      world.note(`${intent.orderId} ${placed ? 'is' : 'cannot be'} placed`)
      return placed
    },
    async refuse(intent) {
      const attempt = attempts.get(intent.orderId)
      const isUnderWay = attempt?.process.isAlive && !attempt.told && world.now() < attempt.beganAt + REQUEST_LASTS_MS
      if (by === 'sweeper' && isUnderWay && orders.stateOf(intent.orderId) === 'pending')
        world.violations.push(`${intent.orderId} was taken for left behind, and was on its way`)
      const state = await orders.refuse(intent)
      world.note(`${intent.orderId} is ${state}, says the ${by}`)
      return state
    },
  }
}

/** When everybody had the time to end what they began. */
export function finalFaults(scene: Scene, shelf: ReadonlyMap<string, number>): string[] {
  const attempts = [...scene.attempts.values()]
  const byKey = Map.groupBy(attempts, ({ request }) => `${request.userId} ${request.key}`)
  return [
    ...leftoverFaults(scene),
    ...stockFaults(scene, shelf),
    ...attempts.flatMap((attempt) => toldFaults(scene, attempt)),
    ...[...byKey].flatMap(([key, own]) => keyFaults(scene, key, own)),
    ...[...scene.cancelled]
      .filter((id) => scene.orders.stateOf(id) !== 'cancelled')
      .map((id) => `${id} was not cancelled after all`),
  ]
}

function leftoverFaults({ stock, orders }: Scene): string[] {
  const held = [...stock.reservations].filter(([, { state }]) => state === 'held').map(([id]) => id)
  const pending = [...orders.keys].filter(([, { pendingUntil }]) => pendingUntil !== undefined).map(([key]) => key)
  return [
    ...held.map((id) => `the pieces of ${id} are still held`),
    ...pending.map((key) => `the key ${key} is still in use`),
    ...[...orders.owed.keys()].map((id) => `the pieces of ${id} are still owed`),
  ]
}

function stockFaults({ stock, orders }: Scene, shelf: ReadonlyMap<string, number>): string[] {
  const live = [...orders.placed.values()].filter(({ status }) => status !== 'cancelled').flatMap(({ items }) => items)
  return [...shelf].flatMap(([id, before]) => {
    const sold = live.filter(({ productId }) => productId === id).reduce((sum, { quantity }) => sum + quantity, 0)
    const now = stock.shelf.get(id)?.stock ?? Number.NaN
    return now + sold === before && now >= 0 ? [] : [`of ${id} there were ${before}, are ${now}, and ${sold} in orders`]
  })
}

/** Who was refused has no order, and whose order was placed has that one. */
function toldFaults({ orders }: Scene, { orderId, told }: Attempt): string[] {
  const answer = told?.answer
  if (answer instanceof ShopError && orders.stateOf(orderId) !== 'refused')
    return [`${orderId} is ${orders.stateOf(orderId)}, and was answered ${answer.code}`]
  if (answer === undefined || answer instanceof Error) return []
  const stored = orders.placed.get(answer.value.id)
  return JSON.stringify(stored?.items) === JSON.stringify(answer.value.items)
    ? []
    : [`${answer.value.id} is not as it was answered`]
}

/** One order a key, which all are told who ask after it was answered. */
function keyFaults({ orders }: Scene, key: string, attempts: readonly Attempt[]): string[] {
  const placed = attempts.filter(({ orderId }) => orders.placed.has(orderId))
  const answers = attempts.flatMap(({ told }) =>
    told && !(told.answer instanceof Error) ? [{ ...told, answer: told.answer }] : [],
  )
  const first = Math.min(...answers.map(({ at }) => at))
  const later = attempts.filter(({ beganAt }) => beganAt > first)
  const texts = new Set(answers.map(({ answer }) => JSON.stringify(answer.value)))
  const refused = later.filter(({ told }) => told?.answer instanceof ShopError && told.answer.code !== 'TOO_LATE')
  return [
    ...(placed.length > 1 ? [`the key ${key} has ${placed.length} orders`] : []),
    ...(texts.size > 1 ? [`the key ${key} was answered in ${texts.size} ways`] : []),
    ...refused.map(({ orderId }) => `${orderId} was refused, and the key ${key} had its order`),
  ]
}
