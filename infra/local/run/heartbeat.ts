/** How often programs are asked whether they live: rarely, as each question wakes one that rests, and after the former has been given up. */
export const ASK_EVERY_MS = 4_000
/** Since the first question that came to nothing. */
const SILENT_FOR_MS = 15_000
/** However long it was. */
const FEWEST_MISSES = 3
/** More than that between two questions, or until one was given up, is a sleep of this process or of the machine: nobody is to blame. */
const ASLEEP_AFTER_MS = 3 * ASK_EVERY_MS

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
  #askedAt = Date.now()

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
    this.#forgiveSleep()
    this.#askedAt = Date.now()
    const failure = await failureOf(answers)
    this.#forgiveSleep()
    if (this.#misses === 0) this.#firstMissAt = this.#askedAt
    this.#misses = failure === undefined ? 0 : this.#misses + 1
    if (failure === undefined) this.begin()
    const changed = owed !== this.#misses > 0
    return failure !== undefined && this.#isLost ? { changed, lostBecause: failure } : { changed }
  }

  #forgiveSleep(): void {
    const now = Date.now()
    if (now - this.#askedAt <= ASLEEP_AFTER_MS) return
    this.#misses = 0
    this.#askedAt = now
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
