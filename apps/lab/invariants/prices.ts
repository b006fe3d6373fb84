import type { Finding } from './finding.ts'
import type { History } from './history.ts'
import type { Snapshot } from './snapshot.ts'

/** Prices only rise during a run, so an acknowledged one that is gone leaves a lower one behind. */
export function priceFindings({ products }: Snapshot, { prices }: History): Finding[] {
  return [...prices].flatMap(([id, acknowledged]) => {
    const stored = products.get(id)?.priceCents
    if (stored === undefined || stored >= acknowledged) return []
    const detail = `${acknowledged} cents were acknowledged, ${stored} are stored`
    return [{ invariant: 'prices', fault: 'acknowledged price missing', subject: id, detail }]
  })
}
