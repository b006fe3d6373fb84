import { cartFindings } from './carts.ts'
import { chargeFindings } from './charges.ts'
import { eventFindings } from './events.ts'
import type { Finding } from './finding.ts'
import type { History } from './history.ts'
import { orderFindings } from './orders.ts'
import { priceFindings } from './prices.ts'
import type { Snapshot } from './snapshot.ts'
import { stockFindings } from './stock.ts'

/** Everything that is wrong after a run, judged only by what is stored, what the bank says and what the clients were told. */
export function checkInvariants(before: Snapshot, after: Snapshot, history: History): Finding[] {
  return [
    ...stockFindings(before, after, history),
    ...orderFindings(before, after, history),
    ...chargeFindings(before, after, history),
    ...priceFindings(after, history),
    ...cartFindings(after, history),
    ...eventFindings(before, after),
  ]
}
