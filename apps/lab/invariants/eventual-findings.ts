import { setTimeout as sleep } from 'node:timers/promises'
import { checkInvariants } from './check.ts'
import type { Fault, Finding } from './finding.ts'
import type { History } from './history.ts'
import type { Snapshot } from './snapshot.ts'

/** A payment whose answer was lost is settled by the shop itself within this time, and a checkout that was left half done is ended. */
const SETTLED_WITHIN_MS = 15_000
const POLL_MS = 500

export type Verdict = { readonly findings: readonly Finding[]; readonly after: Snapshot }

/** Checks again, until the time is up, while what was under way when the load ended may still be finishing. */
export async function eventualFindings(
  before: Snapshot,
  history: History,
  { take, withinMs = SETTLED_WITHIN_MS }: { take: () => Promise<Snapshot>; withinMs?: number },
): Promise<Verdict> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const after = await take()
    const findings = checkInvariants(before, after, history)
    if (!mayPass(findings) || Date.now() >= deadline) return { findings, after }
    await sleep(POLL_MS)
  }
}

const PASSING: ReadonlySet<Fault> = new Set(['payment not settled', 'charge without paid order', 'checkout not ended'])

/** An order of which something else is wrong, as it is lost, stays wrong however its payment ends. */
function mayPass(findings: readonly Finding[]): boolean {
  const [passing, lasting] = [findings.filter(isPassing), findings.filter((finding) => !isPassing(finding))]
  const wrong = new Set(lasting.map(({ subject }) => subject))
  return passing.some(({ subject }) => !wrong.has(subject))
}

function isPassing({ fault, old }: Finding): boolean {
  return PASSING.has(fault) && !old
}
