import type { Fault, Finding } from './finding.ts'
import type { History } from './history.ts'
import type { OrderState, Snapshot } from './snapshot.ts'

/** Every acknowledged order is there exactly once and as acknowledged, and no other order came in under the run's accounts. */
export function orderFindings(before: Snapshot, after: Snapshot, history: History): Finding[] {
  const keys = keysByOrder(after)
  return [
    ...history.orders.flatMap((order) => acknowledgedFindings(order, after, keys)),
    ...duplicateFindings(history),
    ...followUpFindings(after, history),
    ...newOrderFindings(before, after, history, keys),
    ...goneFindings(before, after),
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
  if (stored.totalCents === told.totalCents) return []
  return [
    finding('acknowledged order changed', told.id, `${told.totalCents} cents were acknowledged, ${stored.totalCents} are stored`),
  ]
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
  const undone = cancellations.filter((id) => after.orders.get(id)?.status !== 'cancelled')
  return [
    ...lost.map(({ id, orderId }) =>
      finding('acknowledged payment missing', orderId, `payment ${id}, order ${statusOf(after, orderId)}`),
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
      ...(history.userIds.has(order.userId) ? originFindings(id, keys.get(id) ?? [], told, history) : []),
    ])
}

function totalFindings(id: string, { totalCents, linesCents }: OrderState): Finding[] {
  if (totalCents === linesCents) return []
  return [finding('total is not the sum of its lines', id, `total ${totalCents}, lines ${linesCents} cents`)]
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

function goneFindings(before: Snapshot, after: Snapshot): Finding[] {
  return [...before.orders.keys()]
    .filter((id) => !after.orders.has(id))
    .map((id) => finding('order gone', id, 'it was there before the run'))
}

function finding(fault: Fault, subject: string, detail: string): Finding {
  return { invariant: 'orders', fault, subject, detail }
}
