import { PROBE_DEADLINE_MS } from './member.ts'

const PERIOD_MS = 100
/** Each question wakes two processes that rest. When the next one is due it is clear whether the last was missed. */
const CALM_PERIOD_MS = PROBE_DEADLINE_MS + 10

/** `isLate` where we come to it late ourselves. Answers whether all is as it should be. */
type Step = (isLate: boolean) => { readonly isCalm: boolean }

/** The keeper's steps: quick ones while anything is wrong, else as rare as they may be. */
export class Pace {
  readonly #step: Step
  #timer: NodeJS.Timeout | undefined
  #dueAt = Number.NEGATIVE_INFINITY
  #stopped = false

  constructor(step: Step) {
    this.#step = step
  }

  start(): void {
    const { isCalm } = this.#step(performance.now() - this.#dueAt >= PERIOD_MS)
    this.#stepIn(isCalm ? CALM_PERIOD_MS : PERIOD_MS)
  }

  /** The calm is over: what is wrong is not to be found out only when it would have ended. */
  hurry(): void {
    if (!this.#stopped && this.#dueAt - performance.now() > PERIOD_MS) this.#stepIn(PERIOD_MS)
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #stepIn(milliseconds: number): void {
    clearTimeout(this.#timer)
    this.#dueAt = performance.now() + milliseconds
    this.#timer = setTimeout(() => this.start(), milliseconds)
  }
}
