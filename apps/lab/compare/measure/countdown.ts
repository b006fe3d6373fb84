const LONGEST_SHARE = 1.05

/** Progress with the time that is left, by the plan: a step that is done takes its planned time off, however long it took. */
export class Countdown {
  #leftS: number
  #currentS = 0
  #currentSinceMs: number
  readonly #endsAtMs: number
  readonly #say: (line: string) => void
  readonly #now: () => number

  /** `withinS` is what all is meant to end in; a plan that takes as long or longer may take a little more than itself. */
  constructor(plannedS: number, withinS: number, say: (line: string) => void, now = () => performance.now()) {
    this.#leftS = plannedS
    this.#currentSinceMs = now()
    this.#endsAtMs = now() + 1_000 * Math.max(withinS, LONGEST_SHARE * plannedS)
    this.#say = say
    this.#now = now
  }

  step(line: string, plannedS: number): void {
    this.#leftS = Math.max(0, this.#leftS - this.#currentS)
    this.#currentS = plannedS
    this.#currentSinceMs = this.#now()
    this.#say(`${line} … (about ${duration(this.#leftS)} left)`)
  }

  /** Whether there is time for something that is not in the plan. */
  allows(seconds: number): boolean {
    const spentS = Math.min(this.#currentS, (this.#now() - this.#currentSinceMs) / 1_000)
    return this.#now() + 1_000 * (this.#leftS - spentS + seconds) <= this.#endsAtMs
  }
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds / 5) * 5} s` : `${Math.round(seconds / 60)} min`
}
