import { setTimeout as sleep } from 'node:timers/promises'

export type Patience = {
  readonly withinMs: number
  readonly everyMs: number
  /** What is said where the time has gone by, before "within … s". */
  readonly complaint: string | (() => string)
  readonly signal?: AbortSignal
}

/** Asks again and again until the answer is not false or missing, and returns it. What the check throws ends the wait. */
export async function until<Value>(
  check: () => Value | Promise<Value>,
  { withinMs, everyMs, complaint, signal }: Patience,
): Promise<Exclude<Value, false | null | undefined>> {
  const endsAt = performance.now() + withinMs
  for (;;) {
    const answer = await check()
    if (answer !== false && answer !== null && answer !== undefined) return answer as Exclude<Value, false | null | undefined>
    // Asked once more after the last wait, as a machine that was busy may have slept long.
    if (performance.now() >= endsAt)
      throw new Error(`${typeof complaint === 'string' ? complaint : complaint()} within ${withinMs / 1_000} s`)
    await sleep(everyMs, undefined, { signal })
  }
}
