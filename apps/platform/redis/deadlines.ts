import type { Command } from 'ioredis'

/** A command on its way; `sentAt` is when it left, in milliseconds of performance.now. */
export type Asked = { readonly command: Command; sentAt: number }

/**
 * Hands over what has no answer after its deadline, and until it is said to have one. ioredis has a `commandTimeout`, but a process that was stopped for a moment would
 * find it expired before it has read the answer.
 */
export function deadlines(deadlineMs: number, giveUp: (asked: Asked) => void) {
  /** The oldest first. What is answered leaves at once: kept until its deadline it would be copied by every collection until then. */
  const waiting = new Set<Asked>()
  let isWatching = false
  const watch = (): void => {
    if (isWatching) return
    isWatching = true
    const [oldest] = waiting
    const waited = oldest ? performance.now() - oldest.sentAt : 0
    const look = () => {
      const lateSince = performance.now() - deadlineMs
      setImmediate(() => giveUpLate(lateSince))
    }
    setTimeout(look, Math.max(1, deadlineMs - waited))
  }
  /** `lateSince`: sent before that, and its answer may have been read since. */
  const giveUpLate = (lateSince: number): void => {
    isWatching = false
    for (const asked of [...waiting]) if (asked.sentAt <= lateSince) giveUp(asked)
    if (waiting.size > 0) watch()
  }
  return {
    add(asked: Asked): void {
      waiting.add(asked)
      watch()
    },
    /** Also of what was given up. False where it was said before. */
    answered: (asked: Asked): boolean => waiting.delete(asked),
  }
}
