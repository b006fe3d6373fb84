/**
 * Does the work every `everyMs` milliseconds by a clock that all of a process share, so that what it does now and then comes together: to
 * be woken costs a process at rest more than most of that. Keeps nobody from ending. Answers what ends it.
 */
export function inStep(everyMs: number, work: () => unknown): () => void {
  let timer: NodeJS.Timeout
  const next = (): void => {
    // Timers have whole milliseconds, and may not come before the step.
    const untilStepMs = Math.ceil(everyMs - (performance.now() % everyMs)) + 1
    timer = setTimeout(turn, untilStepMs).unref()
  }
  const turn = (): void => {
    next()
    void work()
  }
  next()
  return () => clearTimeout(timer)
}
