/**
 * Changes of which nobody knows whether they were committed: the database did not answer in time. A commit that waits for its
 * acknowledgement is seen by nobody, and may be seen much later. Until then what it changes is not cached.
 */
export type UnsettledChange = { readonly keys: readonly string[]; readonly token: string }

export type Unsettled = {
  add(change: UnsettledChange): void
  /** A later change was committed, and commits are seen in their order: all that began before `beganAt` (performance.now) are settled. */
  settle(beganAt: number): Promise<void>
  stop(): void
}

type Parts = {
  suspend(change: UnsettledChange): Promise<unknown>
  renew(change: UnsettledChange): Promise<unknown>
  /** Less than a suspension lasts. */
  readonly againAfterMs: number
  /** Where nothing else is committed: after it what was changed is seen when it expires. */
  readonly giveUpAfterMs: number
}

/** More than requests can be under way; the oldest are given up. */
const MOST_CHANGES = 10_000

export function unsettledChanges({ suspend, renew, againAfterMs, giveUpAfterMs }: Parts): Unsettled {
  const since = new Map<UnsettledChange, number>()
  let timer: NodeJS.Timeout | undefined
  const forget = (change: UnsettledChange): void => {
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
    async settle(beganAt) {
      const settled = [...since].filter(([, addedAt]) => addedAt < beganAt).map(([change]) => change)
      for (const change of settled) forget(change)
      await Promise.all(settled.map((change) => renew(change)))
    },
    stop: () => clearInterval(timer),
  }
}
