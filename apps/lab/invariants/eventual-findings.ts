import { setTimeout as sleep } from 'node:timers/promises'
import { checkInvariants } from './check.ts'
import type { Fault, Finding } from './finding.ts'
import type { History } from './history.ts'
import type { Snapshot } from './snapshot.ts'

/** What the shop itself ends within so long: a payment whose answer was lost, a checkout that was left half done, an event on its way. */
const ENDS_WITHIN_MS: { readonly [Passing in Fault]?: number } = {
  'payment not settled': 15_000,
  'charge without paid order': 15_000,
  'checkout not ended': 10_000,
  'event not handled': 30_000,
  'sales counted wrongly': 30_000,
}
const POLL_MS = 500

export type Verdict = { readonly findings: readonly Finding[]; readonly after: Snapshot }

/** Checks again, until the time is up, while what was under way when the load ended may still be finishing. */
export async function eventualFindings(
  before: Snapshot,
  history: History,
  { take, withinMs = Number.POSITIVE_INFINITY }: { take: () => Promise<Snapshot>; withinMs?: number },
): Promise<Verdict> {
  const startedAt = performance.now()
  for (;;) {
    const after = await take()
    const findings = checkInvariants(before, after, history)
    const sinceMs = performance.now() - startedAt
    const mayEnd = ({ fault, old }: Finding) => !old && sinceMs < Math.min(withinMs, ENDS_WITHIN_MS[fault] ?? 0)
    if (!mayPass(findings, mayEnd)) return { findings, after }
    await sleep(POLL_MS)
  }
}

/** An order of which something else is wrong, as it is lost, stays wrong however its payment ends. */
function mayPass(findings: readonly Finding[], mayEnd: (finding: Finding) => boolean): boolean {
  const wrong = new Set(findings.filter((finding) => !mayEnd(finding)).map(({ subject }) => subject))
  return findings.some((finding) => mayEnd(finding) && !wrong.has(finding.subject))
}
