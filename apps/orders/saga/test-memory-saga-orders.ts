/** A customer's database in memory that keeps what the suite asks of one: for tests that turn the clock and the order of all that happens. */
import { REQUEST_LASTS_MS } from '../../platform/http/deadline.ts'
import { ShopError } from '../../platform/http/errors.ts'
import type { Line } from '../../products/stock/stock.ts'
import type { Order } from '../order.ts'
import { REFUSALS } from '../stored-orders.ts'
import type { Intent, SagaOrders } from './saga-orders.ts'
import { next, type SagaEvent, type SagaState } from './steps.ts'

const OWED_MS = 2_000

type Placed = Omit<Order, 'status'> & { status: Exclude<SagaState, 'pending' | 'refused'>; readonly userId: string }
type Key = { readonly orderId: string; readonly requestHash: Buffer; pendingUntil: number | undefined }

export type MemorySagaOrders = SagaOrders & {
  readonly placed: ReadonlyMap<string, Placed>
  readonly keys: ReadonlyMap<string, Key>
  readonly owed: ReadonlyMap<string, number>
  stateOf(orderId: string): SagaState
  /** What a payment does. False where the order is in no state for it. */
  pay(orderId: string, event: SagaEvent): boolean
}

export type MemorySagaOrdersOptions = {
  readonly now: () => number
  /** Mistakes, each in a word. */
  readonly leaseMs?: number
  readonly placesAnything?: boolean
  readonly keepsKeys?: boolean
  readonly owesNothing?: boolean
}

export function memorySagaOrders(options: MemorySagaOrdersOptions): MemorySagaOrders {
  const { now, leaseMs = REQUEST_LASTS_MS, placesAnything, keepsKeys, owesNothing } = options
  const placed = new Map<string, Placed>()
  const keys = new Map<string, Key>()
  const pending = new Map<string, string>()
  const owed = new Map<string, number>()
  const stateOf = (id: string): SagaState => placed.get(id)?.status ?? (pending.has(id) ? 'pending' : 'refused')
  const move = (id: string, event: SagaEvent): boolean => {
    const order = placed.get(id)
    const to = next(stateOf(id), event)
    if (!order || !to || to === 'pending' || to === 'refused') return false
    order.status = to
    return true
  }
  return {
    ...{ placed, keys, owed, stateOf, pay: move },
    async intend({ userId, key, requestHash }, orderId) {
      const name = `${userId} ${key}`
      const known = keys.get(name)
      if (known) return { ...known, isPlaced: known.pendingUntil === undefined }
      keys.set(name, { orderId, requestHash, pendingUntil: now() + leaseMs })
      pending.set(orderId, name)
      return undefined
    },
    async place({ userId, orderId }, lines) {
      const key = keys.get(pending.get(orderId) ?? '')
      if (!placesAnything && !next(stateOf(orderId), 'stock taken')) return undefined
      if (key) key.pendingUntil = undefined
      pending.delete(orderId)
      placed.set(orderId, { ...orderOf(orderId, lines, now()), userId })
      return orderOf(orderId, lines, now())
    },
    async refuse({ orderId }) {
      if (stateOf(orderId) === 'pending' && !keepsKeys) keys.delete(pending.get(orderId) ?? '')
      pending.delete(orderId)
      return stateOf(orderId)
    },
    find: async (userId, orderId) => ({ ...ownOf(placed, userId, orderId), status: 'placed' }),
    async cancel(userId, orderId) {
      const { status } = ownOf(placed, userId, orderId)
      if (!move(orderId, 'cancelled')) throw new ShopError(REFUSALS[status])
      if (!owesNothing) owed.set(orderId, now() + OWED_MS)
      return ownOf(placed, userId, orderId)
    },
    async settle(orderId) {
      owed.delete(orderId)
    },
    states: async (ids) => new Map(ids.map((id) => [id, stateOf(id)])),
    async leftovers() {
      const late = [...pending].filter(([, name]) => (keys.get(name)?.pendingUntil ?? now()) <= now())
      const due = [...owed].filter(([, dueAt]) => dueAt <= now())
      return {
        intents: late.map(([id, name]) => intentOf(id, name)),
        owed: due.map(([orderId]) => ({ orderId, items: placed.get(orderId)?.items ?? [] })),
        missing: [],
      }
    },
  }
}

function intentOf(orderId: string, name: string): Intent {
  const [userId = '', key = ''] = name.split(' ')
  return { userId, key, orderId }
}

function ownOf(placed: ReadonlyMap<string, Placed>, userId: string, orderId: string): Order {
  const found = placed.get(orderId)
  if (found?.userId !== userId) throw new ShopError('ORDER_NOT_FOUND')
  const { userId: _, ...order } = found
  return order
}

function orderOf(id: string, lines: readonly Line[], now: number) {
  const totalCents = lines.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0)
  const createdAt = new Date(now).toISOString()
  return { id, status: 'placed' as const, totalCents, items: [...lines], createdAt }
}
