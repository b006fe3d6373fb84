import type { Command } from '../../process/command.ts'

/** How one program of a stage is started, asked whether it is ready, and ended. */
export type Launch = Command & {
  /** Throws what is still missing. */
  ready(): Promise<void>
  readonly readyWithinMs: number
  /** From TERM to KILL. */
  readonly stopWithinMs: number
  /** Once, after it was ready for the first time and before whatever depends on it starts. */
  afterReady?(): Promise<void>
  /** Whether the program itself lives, whatever it waits for. Throws what is wrong where it does not answer, or not in time. */
  answers(): Promise<void>
}

/** Long, as one that is out of breath answers late and is no better for being ended. */
export const ANSWER_WITHIN_MS = 3_500
