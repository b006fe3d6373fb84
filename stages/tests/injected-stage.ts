import { inject } from 'vitest'
import type { RunningStage } from './running-stages.ts'

/** The stage of this number that runs for the whole test run. */
export function injectedStage(number: number): RunningStage {
  const found = inject('stages').find(({ stage }) => stage === number)
  if (found === undefined) throw new Error(`stage ${number} was not started`)
  return found
}
