import type { Command } from 'ioredis'

/** A command on its way; `sentAt` is when it left, in milliseconds of performance.now. */
export type Asked = { readonly command: Command; sentAt: number }

/**
 * Hands over what has no answer after its deadline. ioredis has a `commandTimeout`, but a process that was stopped for a moment would
 * find it expired before it has read the answer.
 */
export function deadlines(deadlineMs: number, giveUp: (asked: Asked) => void) {
  /** Those that nobody has looked at since, the oldest first; answered ones are among them. */
  let watched: Asked[] = []
  let isWatching = false
  const watch = (): void => {
    if (isWatching) return
    isWatching = true
    const [oldest] = watched
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
    const waiting = watched.filter(({ command }) => !command.isSettled)
    watched = waiting.filter(({ sentAt }) => sentAt > lateSince)
    for (const asked of waiting) if (asked.sentAt <= lateSince) giveUp(asked)
    if (watched.length > 0) watch()
  }
  return {
    add(asked: Asked): void {
      watched.push(asked)
      watch()
    },
  }
}
