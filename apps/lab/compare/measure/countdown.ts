/** Progress with the time that is left, by the plan: a step that is done takes its planned time off, however long it took. */
export class Countdown {
  #leftS: number
  #currentS = 0
  readonly #say: (line: string) => void

  constructor(plannedS: number, say: (line: string) => void) {
    this.#leftS = plannedS
    this.#say = say
  }

  step(line: string, plannedS: number): void {
    this.#leftS = Math.max(0, this.#leftS - this.#currentS)
    this.#currentS = plannedS
    this.#say(`${line} … (about ${duration(this.#leftS)} left)`)
  }
}

export function duration(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds / 5) * 5} s` : `${Math.round(seconds / 60)} min`
}
