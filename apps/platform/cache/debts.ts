/** Versions that Redis could not be told to renew: it is told when it listens again, as it may come back with all that it had. */
import { logLine } from '../process/log.ts'

export type Debts = {
  add(versions: readonly string[]): void
  has(version: string): boolean
  /** Tries once more, then gives up: what is cached may then be old until it expires. */
  stop(): Promise<void>
}

/** Far more than the catalogue has products and lists. */
const MOST_DEBTS = 50_000
/** Between two tries. */
export const RETRY_MS = 250

export function debts(renew: (versions: readonly string[]) => Promise<void>): Debts {
  const owed = new Set<string>()
  /** What Redis is being told now: owed until it has answered. */
  let sent: readonly string[] = []
  let timer: NodeJS.Timeout | undefined
  let paying = Promise.resolve()
  const pay = async (): Promise<void> => {
    sent = [...owed]
    owed.clear()
    try {
      await renew(sent)
      if (owed.size === 0) logLine(30, 'the cache has been told of all changes')
    } catch {
      for (const version of sent) owed.add(version)
    }
    sent = []
    timer = undefined
    if (owed.size > 0) schedule()
  }
  const schedule = (): void => {
    timer ??= setTimeout(() => (paying = pay()), RETRY_MS).unref()
  }
  return {
    add(versions) {
      if (owed.size === 0 && sent.length === 0) logLine(40, 'the cache did not hear of a change, and is told again until it does')
      const room = MOST_DEBTS - owed.size
      if (versions.length > room) logLine(40, `${versions.length - room} changes reach the cache only when its entries expire`)
      for (const version of versions.slice(0, room)) owed.add(version)
      schedule()
    },
    has: (version) => owed.has(version) || sent.includes(version),
    async stop() {
      clearTimeout(timer)
      await paying
      if (owed.size > 0) await pay()
      clearTimeout(timer)
    },
  }
}
