import type { Finding } from './finding.ts'
import { type AnswerSeen, type Sighting, sightingsOf } from './sightings.ts'

/** Every final answer to one idempotency key is the same, byte for byte. */
export function answerFindings(sightings: readonly Sighting[]): Finding[] {
  const answers = Map.groupBy(sightingsOf(sightings, 'answer'), ({ operation, key }) => `${operation} ${key}`)
  return [...answers].flatMap(([, own]) => differenceIn(own))
}

function differenceIn([first, ...rest]: readonly AnswerSeen[]): Finding[] {
  const other = rest.find(({ answer }) => answer !== first?.answer)
  if (!first || !other) return []
  const detail = `first ${shortened(first.answer)}, then ${shortened(other.answer)}`
  return [{ invariant: 'answers', fault: 'key answered differently', subject: `${first.operation} ${first.key}`, detail }]
}

const MOST_CHARACTERS = 120

function shortened(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text
}
