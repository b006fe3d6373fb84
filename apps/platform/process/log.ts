/** A line of the app's log, like those of its requests, for what happens outside of one. Levels are pino's: 30 is information, 40 a warning. */
export function logLine(level: 30 | 40, message: string): void {
  console.log(JSON.stringify({ level, time: Date.now(), msg: message }))
}

/** Runs work that may fail without anybody being told but the log, which hears when failures begin and not of each. Never throws. */
export function tellingFailures(name: string): (work: () => Promise<unknown>) => Promise<void> {
  let failing = false
  return async (work) => {
    try {
      await work()
      failing = false
    } catch (error) {
      if (!failing) logLine(40, `${name} failed: ${error instanceof Error ? error.message : error}`)
      failing = true
    }
  }
}
