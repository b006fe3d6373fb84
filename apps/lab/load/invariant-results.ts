import type { Finding } from '../invariants/finding.ts'
import type { History } from '../invariants/history.ts'
import type { Snapshot } from '../invariants/snapshot.ts'

export type InvariantResult = {
  readonly name: Stored
  readonly kept: boolean
  /** One line: what was compared, or the first of the findings. */
  readonly detail: string
  readonly findings: number
}

/** What snapshots alone can show. */
type Stored = Extract<Finding['invariant'], 'stock' | 'orders' | 'charges'>

type Compared = { readonly before: Snapshot; readonly after: Snapshot; readonly history: History }

/** One line for each invariant, kept or not. */
export function invariantResults(findings: readonly Finding[], compared: Compared): InvariantResult[] {
  return (['stock', 'orders', 'charges'] as const).map((name) => {
    // What was wrong before the load is none of its doing.
    const own = findings.filter((finding) => finding.invariant === name && !finding.old)
    const [first] = own
    if (first === undefined) return { name, kept: true, detail: DETAILS[name](compared), findings: 0 }
    return { name, kept: false, detail: `${first.fault}: ${first.subject} (${first.detail})`, findings: own.length }
  })
}

const DETAILS: Readonly<Record<Stored, (compared: Compared) => string>> = {
  stock: ({ before, after }) =>
    `${after.products.size} products, ${sold(after) - sold(before)} pieces sold, none lost or made up`,
  orders: ({ history }) => `${history.orders.length} acknowledged, each there once; ${history.unknown.size} of unknown outcome`,
  charges: ({ before, after }) => {
    const captured = capturedIn(after)
    return `${captured} captured for ${paidIn(after)} paid orders, ${captured - capturedIn(before)} of them new`
  },
}

function sold({ products }: Snapshot): number {
  return products.values().reduce((sum, product) => sum + product.sold, 0)
}

function capturedIn({ charges }: Snapshot): number {
  return charges.filter(({ status }) => status === 'captured').length
}

function paidIn({ orders }: Snapshot): number {
  return orders
    .values()
    .filter(({ status }) => status === 'paid')
    .toArray().length
}
