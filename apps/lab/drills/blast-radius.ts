/** Whom the loss of one of several servers touches: its own customers, all of them, and nobody else. */
import { bucketNames, bucketOfEmail, bucketOfId } from '../../platform/process/buckets.ts'
import { describeFailures, type FaultEvent, failuresOf } from './fault-events.ts'
import type { Operation, Sent } from './traffic/recording.ts'

/** So many customers must have asked for something of their own while the server was away. */
export const CUSTOMERS = 200

/** What is asked of a customer's own server, and of nobody else who could answer. */
const OWN = {
  'log-in': ['log-in'],
  order: ['order', 'cancellation', 'own order', 'own orders'],
  payment: ['payment', 'slow payment'],
  cart: ['cart'],
} as const satisfies Record<string, readonly Operation[]>
const NEEDS_ITS_SERVER: ReadonlySet<Operation> = new Set(Object.values(OWN).flat())
/** The cache may have the cart; who is not known any more need not be logged out. */
const MAY_NEED_IT: ReadonlySet<Operation> = new Set<Operation>(['own cart', 'log-out'])
/** Until all apps have seen that it is back. */
const SEEN_WITHIN_MS = 1_000

/** From `gone` on the server does nothing, until `revived`; after `back` all is as before. */
export type Outage = {
  readonly broken: FaultEvent
  readonly gone: FaultEvent
  readonly revived: FaultEvent
  readonly back: FaultEvent
}

export function judgeRadius(sent: readonly Sent[], outage: Outage, events: readonly FaultEvent[]): string[] {
  const { broken, gone, revived, back } = outage
  const lost = new Set(broken.buckets)
  const isLost = (one: Sent) => lost.has(bucketOf(one) ?? '')
  const meanwhile = sent.filter(
    (one) => one.startedAt > gone.at && one.endedAt < revived.at && NEEDS_ITS_SERVER.has(one.operation),
  )
  const answered = meanwhile.filter((one) => isLost(one) && !broken.isReplaced && one.failure === undefined)
  const touched = (one: Sent) => isLost(one) && (NEEDS_ITS_SERVER.has(one.operation) || MAY_NEED_IT.has(one.operation))
  const isExcused = (one: Sent) => touched(one) && one.endedAt >= broken.at && one.startedAt <= back.at + SEEN_WITHIN_MS
  const wrong = failuresOf(sent).filter((one) => !isExcused(one))
  return [
    ...(wrong.length > 0
      ? [
          `${wrong.length} requests failed that need nothing of ${broken.program}, or not then`,
          ...describeFailures(wrong, events),
        ]
      : []),
    ...(answered.length > 0 ? [`${answered.length} requests were answered that only ${broken.program} can answer`] : []),
    ...unseen(meanwhile, isLost),
  ]
}

/** Whose request it is; undefined where nobody is logged in. */
export function bucketOf({ customer }: Sent): string | undefined {
  if (customer === undefined) return undefined
  return customer.includes('@') ? bucketOfEmail(customer) : bucketOfId(customer)
}

/** What was not tried proves nothing. */
function unseen(meanwhile: readonly Sent[], isLost: (one: Sent) => boolean): string[] {
  const customers = new Set(meanwhile.map(({ customer }) => customer))
  const buckets = new Set(meanwhile.map(bucketOf))
  const missing = bucketNames().filter((bucket) => !buckets.has(bucket))
  const kinds = Object.entries(OWN).flatMap(([kind, operations]) => {
    const own = meanwhile.filter(({ operation }) => (operations as readonly Operation[]).includes(operation))
    return [
      ...(own.some(isLost) ? [] : [`no ${kind} of its own customers was seen`]),
      ...(own.some((one) => !isLost(one) && one.failure === undefined) ? [] : [`no ${kind} of anybody else was seen`]),
    ]
  })
  return [
    ...(customers.size < CUSTOMERS ? [`${customers.size} customers were seen, and ${CUSTOMERS} are needed`] : []),
    ...(missing.length > 0 ? [`no customer of the buckets ${missing.join(', ')} was seen`] : []),
    ...kinds,
  ]
}
