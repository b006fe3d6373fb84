import { FROM_CART } from '../../../loadtests/history.ts'
import type { Fault, Finding } from './finding.ts'
import type { History } from './history.ts'
import { linesText, type OrderState, type Snapshot } from './snapshot.ts'

/** Every acknowledged order is there exactly once and as acknowledged, and no other order came in under the run's accounts. */
export function orderFindings(before: Snapshot, after: Snapshot, history: History): Finding[] {
  const keys = keysByOrder(after)
  return [
    ...history.orders.flatMap((order) => acknowledgedFindings(order, after, keys)),
    ...duplicateFindings(history),
    ...followUpFindings(after, history),
    ...newOrderFindings(before, after, history, keys),
    ...cancelledFindings(before, after, history),
    ...goneFindings(before, after),
    ...after.underWay.map((id) =>
      finding('checkout not ended', id, 'it is neither placed nor refused, or its pieces are not back'),
    ),
  ]
}

type KeysByOrder = ReadonlyMap<string, readonly string[]>

function keysByOrder({ keys }: Snapshot): KeysByOrder {
  const found = new Map<string, string[]>()
  for (const { orderId, key } of keys) {
    const own = found.get(orderId)
    if (own === undefined) found.set(orderId, [key])
    else own.push(key)
  }
  return found
}

function acknowledgedFindings(told: History['orders'][number], after: Snapshot, keys: KeysByOrder): Finding[] {
  const stored = after.orders.get(told.id)
  if (stored === undefined) return [finding('acknowledged order missing', told.id, `key ${told.key} was answered 201`)]
  if (!keys.get(told.id)?.includes(told.key)) {
    return [
      finding(
        'acknowledged order changed',
        told.id,
        `key ${told.key} was answered with it, but belongs to ${keys.get(told.id) ?? 'none'}`,
      ),
    ]
  }
  return [
    ...changeFindings(told.id, `${told.totalCents} cents`, `${stored.totalCents} cents`),
    ...changeFindings(told.id, linesText(told.items), stored.lines),
  ]
}

function changeFindings(id: string, told: string, stored: string): Finding[] {
  return told === stored
    ? []
    : [finding('acknowledged order changed', id, `${told} were acknowledged, ${stored || 'none'} are stored`)]
}

/** One order for two keys, or two orders for one key. */
function duplicateFindings({ orders }: History): Finding[] {
  const pairs = new Set(orders.map(({ id, key }) => `${id} ${key}`))
  const distinct = [...pairs].map((pair) => pair.split(' '))
  const repeated = (column: 0 | 1) => repeatsOf(distinct.map((pair) => pair[column] ?? ''))
  return [
    ...repeated(0).map((id) => finding('acknowledged order twice', id, 'it answered two different keys')),
    ...repeated(1).map((key) => finding('acknowledged order twice', key, 'this key was answered with two orders')),
  ]
}

function repeatsOf(values: readonly string[]): string[] {
  const seen = new Set<string>()
  const repeats = values.filter((value) => seen.has(value) || !seen.add(value))
  return [...new Set(repeats)]
}

function followUpFindings(after: Snapshot, { payments, cancellations }: History): Finding[] {
  const paid = new Map(after.payments.filter(({ status }) => status === 'captured').map(({ id, orderId }) => [id, orderId]))
  const lost = payments.filter(({ id, orderId }) => paid.get(id) !== orderId || after.orders.get(orderId)?.status !== 'paid')
  const amounts = new Map(after.payments.map(({ id, amountCents }) => [id, amountCents]))
  const changed = payments.filter(({ id, amountCents }) => amounts.has(id) && amounts.get(id) !== amountCents)
  const undone = cancellations.filter((id) => after.orders.get(id)?.status !== 'cancelled')
  return [
    ...lost.map(({ id, orderId }) =>
      finding('acknowledged payment missing', orderId, `payment ${id}, order ${statusOf(after, orderId)}`),
    ),
    ...changed.map(({ id, orderId, amountCents }) =>
      finding('acknowledged payment changed', orderId, `${amountCents} cents were acknowledged, ${amounts.get(id)} are stored`),
    ),
    ...undone.map((id) => finding('acknowledged cancellation missing', id, `the order is ${statusOf(after, id)}`)),
  ]
}

function statusOf(after: Snapshot, orderId: string): string {
  return after.orders.get(orderId)?.status ?? 'not there'
}

function newOrderFindings(before: Snapshot, after: Snapshot, history: History, keys: KeysByOrder): Finding[] {
  const told = Map.groupBy(history.orders, ({ key }) => key)
  return [...after.orders]
    .filter(([id]) => !before.orders.has(id))
    .flatMap(([id, order]) => [
      ...totalFindings(id, order),
      ...askedFindings(id, order, keys.get(id) ?? [], history),
      ...(history.userIds.has(order.userId) ? originFindings(id, keys.get(id) ?? [], told, history) : []),
    ])
}

function totalFindings(id: string, { totalCents, linesCents }: OrderState): Finding[] {
  if (totalCents === linesCents) return []
  return [finding('total is not the sum of its lines', id, `total ${totalCents}, lines ${linesCents} cents`)]
}

/** Whoever it is stored for: an order of the run is known by its key. */
function askedFindings(id: string, { userId, lines }: OrderState, keys: readonly string[], { asked }: History): Finding[] {
  return keys.flatMap((key) => {
    const order = asked.get(key)
    if (!order) return []
    const wanted = order.items === FROM_CART ? lines : linesText(order.items)
    if (order.userId === userId && wanted === lines) return []
    const detail = `${order.userId} asked for ${wanted}, ${lines || 'nothing'} is stored for ${userId}`
    return [finding('order not as asked for', id, detail)]
  })
}

type Told = ReadonlyMap<string, History['orders']>

function originFindings(id: string, [key]: readonly string[], told: Told, { refused, unknown }: History): Finding[] {
  if (key === undefined) return [finding('unexplained order', id, 'it has no idempotency key')]
  const answers = told.get(key)?.map((answer) => answer.id)
  if (answers !== undefined)
    return answers.includes(id) ? [] : [finding('acknowledged order twice', id, `key ${key} was answered with ${answers}`)]
  if (refused.has(key)) return [finding('refused order there', id, `key ${key} was refused`)]
  return unknown.has(key) ? [] : [finding('unexplained order', id, `nobody sent key ${key}`)]
}

function cancelledFindings(before: Snapshot, after: Snapshot, { userIds, cancelling }: History): Finding[] {
  return [...after.orders]
    .filter(([id, { userId, status }]) => status === 'cancelled' && userIds.has(userId) && !cancelling.has(id))
    .filter(([id]) => before.orders.get(id)?.status !== 'cancelled')
    .map(([id, { userId }]) => finding('order cancelled unasked', id, `${userId} never cancelled it`))
}

function goneFindings(before: Snapshot, after: Snapshot): Finding[] {
  return [...before.orders.keys()]
    .filter((id) => !after.orders.has(id))
    .map((id) => finding('order gone', id, 'it was there before the run'))
}

function finding(fault: Fault, subject: string, detail: string): Finding {
  return { invariant: 'orders', fault, subject, detail }
}
