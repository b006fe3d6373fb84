import type { Fault, Finding } from './finding.ts'
import type { History } from './history.ts'
import type { Charge, OrderState, Snapshot } from './snapshot.ts'

/**
 * The bank's ledger and the paid orders are the same list: each paid order was charged once, its total, and nothing else was.
 * Money is too dear for a difference alone: what was wrong before the run is found again, and said to be old.
 */
export function chargeFindings(before: Snapshot, after: Snapshot, history: History): Finding[] {
  const old = new Set(ledgerDifferences(before).map(({ fault, subject }) => `${fault} ${subject}`))
  const differences = ledgerDifferences(after).map((found) =>
    old.has(`${found.fault} ${found.subject}`)
      ? { ...found, detail: `${found.detail}; already so before the run`, old: true as const }
      : found,
  )
  return [...differences, ...unaskedFindings(before, after, history), ...cardFindings(history)]
}

function ledgerDifferences({ orders, charges }: Snapshot): Finding[] {
  const captured = Map.groupBy(
    charges.filter((charge) => charge.status === 'captured'),
    (charge) => charge.reference,
  )
  return [
    ...[...orders].flatMap(([id, order]) => paidOrderFindings(id, order, captured.get(id) ?? [])),
    ...[...captured].flatMap(([reference, own]) => ledgerFindings(reference, orders.get(reference), own)),
  ]
}

function paidOrderFindings(id: string, { status, totalCents }: OrderState, own: readonly Charge[]): Finding[] {
  if (status === 'paying') return [finding('payment not settled', id, 'the order is neither paid nor free to be paid')]
  if (status !== 'paid') return []
  if (own.length === 0) return [finding('paid order without charge', id, `${totalCents} cents`)]
  return own
    .filter((charge) => charge.amountCents !== totalCents)
    .map((charge) => finding('charge of another amount', id, `${charge.amountCents} cents charged for ${totalCents}`))
}

function ledgerFindings(reference: string, order: OrderState | undefined, own: readonly Charge[]): Finding[] {
  const findings: Finding[] = []
  if (own.length > 1) findings.push(finding('order charged twice', reference, `${own.length} captured charges`))
  if (order?.status !== 'paid' && order?.status !== 'paying') {
    findings.push(finding('charge without paid order', reference, `the order is ${order?.status ?? 'not there'}`))
  }
  return findings
}

/** Who was told that their card is declined, or never gave one, must not find the order paid. */
function unaskedFindings(before: Snapshot, after: Snapshot, { userIds, paymentsAsked, refused }: History): Finding[] {
  const known = new Set(before.charges.map(({ chargeId }) => chargeId))
  const captured = after.charges.filter(({ chargeId, status }) => status === 'captured' && !known.has(chargeId))
  return [...new Set(captured.map(({ reference }) => reference))].flatMap((id) => {
    const order = after.orders.get(id)
    // Where the order is not paid the ledger differs from the orders already.
    if (order?.status !== 'paid' || !userIds.has(order.userId)) return []
    const keys = paymentsAsked.get(id) ?? []
    if (keys.length === 0) return [finding('charge nobody asked for', id, `${order.userId} never paid for it`)]
    if (!keys.every((key) => refused.has(key))) return []
    return [finding('refused payment charged', id, `each payment was refused: ${keys.join(', ')}`)]
  })
}

/** One card is always declined, and no other is. */
function cardFindings({ payments, cards, declined }: History): Finding[] {
  const taken = payments.filter(({ key }) => cards.get(key) === DECLINED_CARD)
  const refused = [...declined].filter((key) => cards.get(key) !== DECLINED_CARD)
  return [
    ...taken.map(({ key, orderId }) => finding('card answered wrongly', key, `${DECLINED_CARD} paid for ${orderId}`)),
    ...refused.map((key) => finding('card answered wrongly', key, `${cards.get(key)} was declined`)),
  ]
}

const DECLINED_CARD = 'tok_declined'

function finding(fault: Fault, subject: string, detail: string): Finding {
  return { invariant: 'charges', fault, subject, detail }
}
