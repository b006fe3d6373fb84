import type { Fault, Finding } from './finding.ts'
import type { History } from './history.ts'
import type { Snapshot } from './snapshot.ts'

/** What was acknowledged last of each product in a cart is stored: what was put in is there, and what was ordered or taken out is not. */
export function cartFindings({ carts }: Snapshot, history: History): Finding[] {
  return [...history.carts].flatMap(([item, acknowledged]) => {
    const stored = carts.get(item) ?? 0
    if (stored === acknowledged) return []
    const fault: Fault = acknowledged === 0 ? 'cart item there again' : 'acknowledged cart item missing'
    return [{ invariant: 'carts', fault, subject: item, detail: `${acknowledged} were acknowledged, ${stored} are stored` }]
  })
}
