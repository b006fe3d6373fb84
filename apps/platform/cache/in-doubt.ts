/**
 * Changes of which nobody knows whether they were committed: the database did not answer in time. A commit that waits for its
 * acknowledgement is seen by nobody, and may be seen much later. Until then what it changes is not cached.
 */
type InDoubtChange = {
  readonly keys: readonly string[]
  readonly token: string
  /** What it is, or was, committed to. */
  readonly place: object
  /** Lets its owner's next reads see it, where it is somebody's own; never throws. */
  sawIt?(): Promise<void>
}

export type InDoubt = {
  add(change: InDoubtChange): void
  /** A later change was committed there, and commits of a place are seen in their order: all that began before `beganAt` (performance.now) are in doubt no more. */
  resolve(place: object, beganAt: number): Promise<void>
  stop(): void
}

type Parts = {
  suspend(change: InDoubtChange): Promise<unknown>
  renew(change: InDoubtChange): Promise<unknown>
  /** Less than a suspension lasts. */
  readonly againAfterMs: number
  /** Where nothing else is committed: after it what was changed is seen when it expires. */
  readonly giveUpAfterMs: number
}

/** More than requests can be under way; the oldest are given up. */
const MOST_CHANGES = 10_000

export function inDoubtChanges({ suspend, renew, againAfterMs, giveUpAfterMs }: Parts): InDoubt {
  const since = new Map<InDoubtChange, number>()
  let timer: NodeJS.Timeout | undefined
  const forget = (change: InDoubtChange): void => {
    since.delete(change)
    if (since.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
  const suspendAgain = (): void => {
    const tooOld = performance.now() - giveUpAfterMs
    for (const [change, addedAt] of since) {
      if (addedAt < tooOld) forget(change)
      else suspend(change).catch(() => undefined)
    }
  }
  return {
    add(change) {
      const [oldest] = since.keys()
      if (oldest && since.size >= MOST_CHANGES) forget(oldest)
      since.set(change, performance.now())
      timer ??= setInterval(suspendAgain, againAfterMs).unref()
    },
    async resolve(place, beganAt) {
      const isDecided = (change: InDoubtChange, addedAt: number) => change.place === place && addedAt < beganAt
      const decided = [...since].filter((one) => isDecided(...one)).map(([change]) => change)
      for (const change of decided) forget(change)
      // Whoever fills the entry next must not read from a replica that lacks it.
      const tell = async (change: InDoubtChange) => {
        await change.sawIt?.()
        await renew(change)
      }
      await Promise.all(decided.map(tell))
    },
    stop: () => clearInterval(timer),
  }
}
