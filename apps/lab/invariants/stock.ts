import type { Finding } from './finding.ts'
import type { History } from './history.ts'
import type { ProductState, Snapshot } from './snapshot.ts'

/** No piece appears or vanishes: what is in stock, sold and reserved adds up to the same as before, but for changes by hand. */
export function stockFindings(before: Snapshot, after: Snapshot, history: History): Finding[] {
  return [...before.products].flatMap(([id, was]) => productFindings(id, was, after.products.get(id), byHand(history, id)))
}

function byHand(history: History, productId: string): number {
  return history.stockChanges.get(productId) ?? 0
}

function productFindings(id: string, was: ProductState, is: ProductState | undefined, changed: number): Finding[] {
  if (is === undefined) return [finding('product gone', id, 'it was there before the run')]
  const expected = was.stock + was.sold + was.reserved + changed - is.sold - is.reserved
  const findings: Finding[] = []
  if (is.stock !== expected) {
    const gone = `${is.sold - was.sold} sold, ${is.reserved - was.reserved} reserved`
    findings.push(finding('stock not conserved', id, `${was.stock} before, ${gone}, ${expected} expected, ${is.stock} now`))
  }
  if (is.stock < 0) findings.push(finding('stock below zero', id, `${is.stock} now`))
  return findings
}

function finding(fault: Finding['fault'], subject: string, detail: string): Finding {
  return { invariant: 'stock', fault, subject, detail }
}
