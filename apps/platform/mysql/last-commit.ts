import { committedPosition, isLaterCommit, type SessionState } from '../../../infra/mysql/position.ts'
import type { LogPosition } from './log-position.ts'

export type LastCommit = {
  /** To be called with the answer to each statement. */
  note(answer: unknown): void
  place(): LogPosition | undefined
}

/** Where the last commit over some connections to one server is in its log. A server that was told to says it with its answer, which saves asking. */
export function lastCommit(): LastCommit {
  let last: LogPosition | undefined
  return {
    note(answer) {
      const place = saysState(answer) ? committedPosition(answer.stateChanges) : undefined
      // Answers over two connections may overtake each other.
      if (place !== undefined && (last === undefined || isLaterCommit(place, last))) last = place
    },
    place: () => last,
  }
}

function saysState(answer: unknown): answer is { readonly stateChanges: SessionState } {
  return typeof answer === 'object' && answer !== null && 'stateChanges' in answer
}
