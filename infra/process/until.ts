import { setTimeout as sleep } from 'node:timers/promises'

export type Patience = {
  readonly withinMs: number
  readonly everyMs: number
  /** What is thrown where the time has gone by, before "within … s". Without it the wait just ends. */
  readonly complaint?: string | (() => string)
  readonly signal?: AbortSignal
}
type Complaining = Patience & { readonly complaint: string | (() => string) }
type Yes<Value> = Exclude<Value, false | null | undefined | Error>

/**
 * Asks again and again until the answer is not false or missing, and returns it. An error as the answer is why it is not so yet, which
 * the complaint tells; one that the check throws ends the wait.
 */
export function until<Value>(check: () => Value | Promise<Value>, patience: Complaining): Promise<Yes<Value>>
export function until<Value>(check: () => Value | Promise<Value>, patience: Patience): Promise<Yes<Value> | undefined>
export async function until<Value>(
  check: () => Value | Promise<Value>,
  { withinMs, everyMs, complaint, signal }: Patience,
): Promise<Yes<Value> | undefined> {
  const endsAt = performance.now() + withinMs
  for (let asked = 1; ; asked++) {
    const answer = await check()
    if (!isNotYet(answer)) return answer as Yes<Value>
    // Asked once more after the last wait, and twice in any case, as a machine that was busy may have slept long.
    if (asked > 1 && performance.now() >= endsAt) {
      if (complaint === undefined) return undefined
      throw timeUp(`${typeof complaint === 'string' ? complaint : complaint()} within ${withinMs / 1_000} s`, answer)
    }
    await sleep(everyMs, undefined, { signal })
  }
}

function isNotYet(answer: unknown): boolean {
  return answer === false || answer === null || answer === undefined || answer instanceof Error
}

function timeUp(message: string, answer: unknown): Error {
  return answer instanceof Error ? new Error(`${message}: ${answer.message}`, { cause: answer }) : new Error(message)
}

/** For `until`: that the work was done, or why it was not. */
export function tried(work: () => Promise<unknown>): Promise<true | Error> {
  return work().then(
    () => true as const,
    (error: Error) => error,
  )
}
