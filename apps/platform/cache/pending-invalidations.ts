/** Versions that Redis could not be told to renew: it is told when it listens again, as it may come back with all that it had. */
import { logLine } from '../process/log.ts'

export type PendingInvalidations = {
  /** `token` is that of the change which suspended them, where one did. */
  add(versions: readonly string[], token?: string): void
  has(version: string): boolean
  /** Tries once more, then gives up: what is cached may then be old until it expires. */
  stop(): Promise<void>
}

type Renew = (versions: readonly string[], token: string | undefined) => Promise<unknown>

/** Far more than the catalogue has products and lists. */
const MOST_PENDING = 50_000
/** Between two tries. */
export const RETRY_MS = 250

export function pendingInvalidations(renew: Renew): PendingInvalidations {
  /** The tokens for each version. */
  let waiting = new Map<string, Set<string | undefined>>()
  /** What Redis is being told now: pending until it has answered. */
  let sent: typeof waiting = new Map()
  let timer: NodeJS.Timeout | undefined
  let telling = Promise.resolve()
  const put = (version: string, token: string | undefined): void => {
    waiting.set(version, (waiting.get(version) ?? new Set()).add(token))
  }
  const tell = async (): Promise<void> => {
    sent = waiting
    waiting = new Map()
    const changes = [...sent].flatMap(([version, tokens]) => [...tokens].map((token) => ({ version, token })))
    await Promise.all(changes.map(({ version, token }) => renew([version], token).catch(() => put(version, token))))
    if (waiting.size === 0) logLine(30, 'the cache has been told of all changes')
    sent = new Map()
    timer = undefined
    if (waiting.size > 0) schedule()
  }
  const schedule = (): void => {
    timer ??= setTimeout(() => (telling = tell()), RETRY_MS).unref()
  }
  return {
    add(versions, token) {
      if (waiting.size === 0 && sent.size === 0)
        logLine(40, 'the cache did not hear of a change, and is told again until it does')
      const room = MOST_PENDING - waiting.size
      if (versions.length > room) logLine(40, `${versions.length - room} changes reach the cache only when its entries expire`)
      for (const version of versions.slice(0, room)) put(version, token)
      schedule()
    },
    // Mostly there are none, and every cached page asks.
    has: (version) => (waiting.size > 0 && waiting.has(version)) || (sent.size > 0 && sent.has(version)),
    async stop() {
      clearTimeout(timer)
      await telling
      if (waiting.size > 0) await tell()
      clearTimeout(timer)
    },
  }
}
