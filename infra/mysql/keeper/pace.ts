import { PROBE_DEADLINE_MS } from './member.ts'

const PERIOD_MS = 100
/** By then it is clear whether a question was missed. */
const ANSWERS_DUE_MS = PROBE_DEADLINE_MS + 10
/** Each question wakes two processes that rest. Twice as many would find out who hangs a seventh of a second sooner, of a whole one. */
const CALM_PERIOD_MS = 600

/** `isLate` where we come to it late ourselves. Answers whether all is as it should be. */
type Step = (isLate: boolean) => { readonly isCalm: boolean }

/** The keeper's steps: quick ones while anything is wrong, else as rare as they may be. */
export class Pace {
  readonly #step: Step
  #timer: NodeJS.Timeout | undefined
  #steppedAt = 0
  #dueAt = Number.NEGATIVE_INFINITY
  #mayRest = false
  #stopped = false

  constructor(step: Step) {
    this.#step = step
  }

  start(): void {
    this.#steppedAt = performance.now()
    const { isCalm } = this.#step(this.#steppedAt - this.#dueAt >= PERIOD_MS)
    this.#stepIn(isCalm ? ANSWERS_DUE_MS : PERIOD_MS)
    this.#mayRest = isCalm
  }

  /** All have answered, and all is as it should be: nothing is due before the next question. */
  rest(): void {
    if (!this.#stopped && this.#mayRest) this.#stepIn(this.#steppedAt + CALM_PERIOD_MS - performance.now())
  }

  /** The calm is over: what is wrong is not to be found out only when it would have ended. */
  hurry(): void {
    this.#mayRest = false
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
