/** More restarts than this within the window mean that another one at once would not help. */
const RESTART_BUDGET = 5
const RESTART_WINDOW_MS = 60_000
const FIRST_PAUSE_MS = 20
/** Slow, so that it costs the others little; never for good, as what stands in its way may go away: a port that is taken, a full disk. */
const SLOW_PAUSE_MS = 7_000

/** How soon a program that ended is started again. */
export class RestartPace {
  #times: number[] = []

  /** `tries` counts those that have failed since it last was up. */
  next(tries: number): { pauseMs: number; isTooOften: boolean } {
    const now = Date.now()
    this.#times = this.#times.filter((time) => now - time < RESTART_WINDOW_MS)
    const isTooOften = this.#times.push(now) > RESTART_BUDGET
    return { pauseMs: isTooOften ? SLOW_PAUSE_MS : Math.min(FIRST_PAUSE_MS * 4 ** tries, SLOW_PAUSE_MS), isTooOften }
  }
}
