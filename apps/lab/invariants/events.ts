import type { Fault, Finding } from './finding.ts'
import type { OrderState, Snapshot, Told } from './snapshot.ts'

/** What happened to an order in this state, in its order. */
const HISTORIES: Readonly<Record<string, readonly string[]>> = {
  placed: ['placed'],
  paying: ['placed'],
  paid: ['placed', 'paid'],
  cancelled: ['placed', 'cancelled'],
}

/** Of each order all is heard that happened to it, once in effect and in its order; and what was sold is counted once. */
export function eventFindings(before: Snapshot, after: Snapshot): Finding[] {
  if (!before.told || !after.told) return []
  return [...historyFindings(before, after, after.told), ...salesFindings({ before, after, was: before.told, is: after.told })]
}

function historyFindings(before: Snapshot, { orders }: Snapshot, { histories }: Told): Finding[] {
  return [...orders].flatMap(([id, { status }]) => {
    if (before.orders.get(id)?.status === status) return []
    const [expected, heard] = [HISTORIES[status] ?? [], histories.get(id) ?? []]
    if (heard.join() === expected.join()) return []
    const isOnItsWay = heard.every((type, index) => type === expected[index])
    const detail = `it is ${status}; heard was ${heard.join(', ') || 'nothing'}`
    return [finding(isOnItsWay ? 'event not handled' : 'event handled wrongly', id, detail)]
  })
}

type Sales = { readonly before: Snapshot; readonly after: Snapshot; readonly was: Told; readonly is: Told }

function salesFindings({ before, after, was, is }: Sales): Finding[] {
  const expected = new Map(was.sales)
  for (const [id, order] of after.orders) {
    if (order.status !== 'paid' || before.orders.get(id)?.status === 'paid') continue
    for (const [productId, pieces] of piecesOf(order)) expected.set(productId, (expected.get(productId) ?? 0) + pieces)
  }
  return [...new Set([...expected.keys(), ...is.sales.keys()])].flatMap((productId) => {
    const [wanted, counted] = [expected.get(productId) ?? 0, is.sales.get(productId) ?? 0]
    const detail = `${wanted} pieces are in paid orders, ${counted} were counted`
    return wanted === counted ? [] : [finding('sales counted wrongly', productId, detail)]
  })
}

function piecesOf({ lines }: OrderState): [productId: string, pieces: number][] {
  return [...lines.matchAll(/(\S+) x(\d+)/g)].map(([, productId = '', pieces]) => [productId, Number(pieces)])
}

function finding(fault: Fault, subject: string, detail: string): Finding {
  return { invariant: 'events', fault, subject, detail }
}
