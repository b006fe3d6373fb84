import { inStep } from './in-step.ts'
import { tellingFailures } from './log.ts'

export type Repeated = { start(): void; stop(): Promise<void> }

/**
 * Does the work every `everyMs` milliseconds, never twice at once. What fails is tried again the next time; the log is told when
 * failures begin, by the work's `name`. Work in several pieces looks between them whether it was stopped.
 */
export function repeated(name: string, everyMs: number, work: (stopped: () => boolean) => Promise<void>): Repeated {
  let end: (() => void) | undefined
  let running: Promise<void> | undefined
  const attempt = tellingFailures(name)
  const turn = () => {
    running ??= attempt(() => work(() => end === undefined)).finally(() => {
      running = undefined
    })
  }
  return {
    start() {
      if (end) return
      end = inStep(everyMs, turn)
      turn()
    },
    async stop() {
      end?.()
      end = undefined
      await running
    },
  }
}
