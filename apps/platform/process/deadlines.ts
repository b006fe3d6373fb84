/** On its way since `sentAt`, in milliseconds of performance.now. */
export type Asked = { sentAt: number; isDone: boolean }

/** So many places of what is done are left in the line before those behind them move up. */
const MOST_GAPS = 256

/**
 * Hands over what has no answer after its deadline, and until it is said to have one: with one timer for all, and not before what has come for a
 * process that was stopped for a moment was read.
 */
export function deadlines<One extends Asked>(deadlineMs: number, giveUp: (asked: One) => void) {
  /** The oldest first, and before `first` nothing: what is answered is let go at once, and not when its deadline is over. */
  const line: (One | undefined)[] = []
  let first = 0
  let timer: NodeJS.Timeout | undefined
  const watch = (): void => {
    if (timer !== undefined) return
    const oldest = line[first]
    const waited = oldest ? performance.now() - oldest.sentAt : 0
    const look = () => {
      timer = undefined
      const lateSince = performance.now() - deadlineMs
      setImmediate(() => giveUpLate(lateSince))
    }
    timer = setTimeout(look, Math.max(1, deadlineMs - waited))
  }
  /** `lateSince`: sent before that, and its answer may have been read since. */
  const giveUpLate = (lateSince: number): void => {
    for (const asked of line.slice(first)) if (asked && !asked.isDone && asked.sentAt <= lateSince) giveUp(asked)
    if (line.length > first) watch()
  }
  /** A process at rest is not woken for what was answered long ago. */
  const rest = (): void => {
    clearTimeout(timer)
    timer = undefined
  }
  /** Answers come in nearly the order of the questions. */
  const moveUp = (): void => {
    while (line[first]?.isDone) {
      line[first] = undefined
      first += 1
    }
    if (line.length === first) rest()
    if (first < MOST_GAPS) return
    line.copyWithin(0, first)
    line.length -= first
    first = 0
  }
  return {
    add(asked: One): void {
      line.push(asked)
      watch()
    },
    /** Also of what was given up. False where it was said before. */
    answered(asked: One): boolean {
      if (asked.isDone) return false
      asked.isDone = true
      moveUp()
      return true
    },
  }
}
