import { answerFindings } from './answers.ts'
import { readFindings } from './reads.ts'
import { checkSessions, type LossWindow, type SessionVerdict } from './sessions.ts'
import type { Sighting } from './sightings.ts'

/** Everything that is wrong by the clients' own words, with the sessions that were lost as declared. */
export function checkSightings(sightings: readonly Sighting[], windows: readonly LossWindow[] = []): SessionVerdict {
  const { findings, lostInWindow } = checkSessions(sightings, windows)
  return { findings: [...readFindings(sightings), ...findings, ...answerFindings(sightings)], lostInWindow }
}
