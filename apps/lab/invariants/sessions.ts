import type { Finding } from './finding.ts'
import { type SessionSeen, type Sighting, sightingsOf } from './sightings.ts'

/** A stretch of time in which a session may begin that does not last: what the stage declares that it may lose. */
export type LossWindow = { readonly from: number; readonly to: number }

export type SessionVerdict = {
  readonly findings: readonly Finding[]
  /** Sessions that were lost and may be, as they began inside a window. */
  readonly lostInWindow: readonly string[]
}

/** An ended session opens nothing ever again, and any other lasts. */
export function checkSessions(sightings: readonly Sighting[], windows: readonly LossWindow[] = []): SessionVerdict {
  const sessions = Map.groupBy(sightingsOf(sightings, 'session'), ({ session }) => session)
  const lost = [...sessions].flatMap(([, seen]) => lossOf(seen) ?? [])
  const declared = lost.filter((one) => windows.some(({ from, to }) => one.begunAt >= from && one.begunAt <= to))
  return {
    findings: [
      ...[...sessions].flatMap(([, seen]) => revokedFindings(seen)),
      ...lost.filter((one) => !declared.includes(one)).map(({ finding }) => finding),
    ],
    lostInWindow: declared.map(({ finding }) => finding.subject),
  }
}

/** One finding a session, for the first time that it was seen again. */
function revokedFindings(seen: readonly SessionSeen[]): Finding[] {
  const ended = seen.find(({ event }) => event === 'ended')
  const again = seen.filter(({ event, startedAt }) => event === 'accepted' && ended && startedAt > ended.endedAt)
  const [first] = again
  if (!ended || !first) return []
  const waited = Math.round(first.startedAt - ended.endedAt)
  const detail = `${first.where} took it ${waited} ms after its log-out was acknowledged; ${again.length} answers in all`
  return [{ invariant: 'sessions', fault: 'revoked session seen', subject: first.session, detail }]
}

/** A refusal counts where the log-in was acknowledged before the request, and no log-out was sent until the answer. */
function lossOf(seen: readonly SessionSeen[]): { finding: Finding; begunAt: number } | undefined {
  const begun = seen.find(({ event }) => event === 'begun')
  if (!begun) return undefined
  const leaving = seen.find(({ event }) => event === 'leaving')
  const refused = seen.find(
    ({ event, startedAt, endedAt }) =>
      event === 'refused' && startedAt > begun.endedAt && (leaving === undefined || endedAt < leaving.startedAt),
  )
  if (!refused) return undefined
  const age = Math.round(refused.startedAt - begun.endedAt)
  const detail = `${refused.where} refused it ${age} ms after its log-in was acknowledged`
  return { finding: { invariant: 'sessions', fault: 'session lost', subject: begun.session, detail }, begunAt: begun.endedAt }
}
