/** How often programs are asked whether they live: rarely, as each question wakes one that rests, and after the former has been given up. */
export const ASK_EVERY_MS = 4_000
/** Since the first question that came to nothing. */
const SILENT_FOR_MS = 15_000
/** However long it was: after a sleep of the machine the first question of each may come to nothing. */
const FEWEST_MISSES = 3

export type Beat = {
  /** Whether it began to owe an answer, or paid. */
  readonly changed: boolean
  /** What the last question met, where it has been silent for too long. */
  readonly lostBecause?: string
}

/** The answers of one process to the question whether it lives. */
export class Heartbeat {
  #lastAnswerAt: Date | undefined
  #misses = 0
  #firstMissAt = 0

  /** It has answered, if only once. Before that it starts, which may take long. */
  get hasBegun(): boolean {
    return this.#lastAnswerAt !== undefined
  }

  get silentSince(): Date | undefined {
    return this.#misses > 0 ? this.#lastAnswerAt : undefined
  }

  begin(): void {
    this.#lastAnswerAt = new Date()
  }

  async ask(answers: () => Promise<void>): Promise<Beat> {
    const owed = this.#misses > 0
    const askedAt = Date.now()
    const failure = await failureOf(answers)
    if (!owed) this.#firstMissAt = askedAt
    this.#misses = failure === undefined ? 0 : this.#misses + 1
    if (failure === undefined) this.begin()
    const changed = owed !== this.#misses > 0
    return failure !== undefined && this.#isLost ? { changed, lostBecause: failure } : { changed }
  }

  get #isLost(): boolean {
    return this.#misses >= FEWEST_MISSES && Date.now() - this.#firstMissAt >= SILENT_FOR_MS
  }
}

/** What went wrong; undefined if nothing did. */
export async function failureOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
