/** Versions that Redis could not be told to renew: it is told when it listens again, as it may come back with all that it had. */
import { logLine } from '../process/log.ts'

export type PendingInvalidations = {
  add(versions: readonly string[]): void
  has(version: string): boolean
  /** Tries once more, then gives up: what is cached may then be old until it expires. */
  stop(): Promise<void>
}

/** Far more than the catalogue has products and lists. */
const MOST_PENDING = 50_000
/** Between two tries. */
export const RETRY_MS = 250

export function pendingInvalidations(renew: (versions: readonly string[]) => Promise<void>): PendingInvalidations {
  const waiting = new Set<string>()
  /** What Redis is being told now: pending until it has answered. */
  let sent: readonly string[] = []
  let timer: NodeJS.Timeout | undefined
  let telling = Promise.resolve()
  const tell = async (): Promise<void> => {
    sent = [...waiting]
    waiting.clear()
    try {
      await renew(sent)
      if (waiting.size === 0) logLine(30, 'the cache has been told of all changes')
    } catch {
      for (const version of sent) waiting.add(version)
    }
    sent = []
    timer = undefined
    if (waiting.size > 0) schedule()
  }
  const schedule = (): void => {
    timer ??= setTimeout(() => (telling = tell()), RETRY_MS).unref()
  }
  return {
    add(versions) {
      if (waiting.size === 0 && sent.length === 0)
        logLine(40, 'the cache did not hear of a change, and is told again until it does')
      const room = MOST_PENDING - waiting.size
      if (versions.length > room) logLine(40, `${versions.length - room} changes reach the cache only when its entries expire`)
      for (const version of versions.slice(0, room)) waiting.add(version)
      schedule()
    },
    has: (version) => waiting.has(version) || sent.includes(version),
    async stop() {
      clearTimeout(timer)
      await telling
      if (waiting.size > 0) await tell()
      clearTimeout(timer)
    },
  }
}
