import { DRILLS } from './drills.ts'
import { kinds, NAMES } from './outages.ts'
import type { Outcome } from './run-drill.ts'

/** At most so many sentences that say the same of another thing; `--json` has them all. */
const TOLD_OF_A_KIND = 3

/** The outcome for a terminal. */
export function describeOutcome(outcome: Outcome): string {
  const { drill, stage, seed, requests, failed, lastFailureMs, wrong, protectionOff } = outcome
  const last = lastFailureMs === null ? '' : `, the last ${lastFailureMs} ms after the fault`
  return [
    `${drill} on stage ${stage}, seed ${seed}: ${requests} requests, ${failed} failed${last}`,
    `  longest silence: ${kinds.map((kind) => silence(outcome, kind)).join(', ')}`,
    ...outcome.figures.map((line) => `  ${line}`),
    ...countLines(outcome),
    ...(protectionOff.length > 0 ? [`  this stage runs with ${protectionOff.join(' ')}: the drill should find something`] : []),
    ...wrongLines(wrong),
    ...(wrong.length === 0
      ? ['ok: the stage did as it promises; every acknowledged order is there once', ...howToFail(outcome)]
      : []),
  ].join('\n')
}

function wrongLines(wrong: readonly string[]): string[] {
  const kinds = Map.groupBy(wrong, (line) => line.split(':', 1)[0])
  return [...kinds].flatMap(([kind, lines]) => [
    ...lines.slice(0, TOLD_OF_A_KIND).map((line) => `wrong: ${line}`),
    ...(lines.length > TOLD_OF_A_KIND ? [`  … ${kind}: ${lines.length - TOLD_OF_A_KIND} more`] : []),
  ])
}

function howToFail({ drill }: Outcome): string[] {
  const ways = DRILLS[drill].unprotected.map(({ set }) => set.map((pair) => `--set ${pair}`).join(' '))
  return ways.length === 0 ? [] : [`  (see it fail: start the stage with ${ways.join(', or with ')})`]
}

function silence({ outagesMs, limitsMs }: Outcome, kind: (typeof kinds)[number]): string {
  const limit = limitsMs[kind] === 0 ? 'none may fail' : `failures for ${limitsMs[kind]} ms allowed`
  return `${NAMES[kind]} ${outagesMs[kind]} ms (${limit})`
}

function countLines({ counts, hasEvents }: Outcome): string[] {
  const {
    orders,
    cancellations,
    payments,
    declined,
    prices,
    carts,
    logIns,
    logOuts,
    readsOfOwnWrites,
    unknownOutcomes,
    sentAgain,
  } = counts
  const lost = `lost: ${counts.lostOrders} orders, ${counts.lostPayments} payments, ${counts.lostPrices} prices, ${counts.lostCarts} items of carts`
  const money = `${counts.wrongCharges} wrong charges, ${counts.oversold} oversold, ${counts.unexplained} unexplained, ${counts.leftOver} left half done`
  const events = hasEvents ? `; events: ${counts.lostEvents} lost, ${counts.wrongEvents} done twice or wrongly` : ''
  const keys = `${counts.keysAnsweredDifferently} keys answered differently${events}`
  const stale = `stale: ${counts.staleOrders} of own orders, ${counts.stalePrices} of prices, ${counts.staleCarts} of carts`
  const window = counts.sessionsLostInWindow > 0 ? ` (and ${counts.sessionsLostInWindow} as declared)` : ''
  const sessions = `${counts.revokedSessionsSeen} revoked ones seen, ${counts.sessionsLost} lost${window}`
  return [
    `  acknowledged: ${orders} orders, ${cancellations} cancellations, ${payments} payments (${declined} declined), ${prices} prices, ${carts} changes of carts, ${logIns} log-ins, ${logOuts} log-outs`,
    `  ${unknownOutcomes} of unknown outcome; ${sentAgain} sent again; ${readsOfOwnWrites} reads of what was written`,
    `  ${lost}; ${money}; ${keys}`,
    `  ${stale}; sessions: ${sessions}`,
  ]
}
