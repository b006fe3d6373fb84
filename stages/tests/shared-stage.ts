import { dirname, join } from 'node:path'
import { afterAll, beforeAll, inject, vi } from 'vitest'
import { takeStageLock } from '../../infra/local/state/stage-lock.ts'
import type { RunningStage } from './running-stages.ts'

/** For the longest file before ours. */
const WAIT = { timeout: 600_000, interval: 50 }

/**
 * A stage that runs for the whole test run, lent to the tests of a `describe` or of a file: files run side by side, and one that kills
 * an app, empties a Redis or counts requests must have the stage for itself.
 */
export function sharedStage(number: number): () => RunningStage {
  const stage = injectedStage(number)
  let giveBack: (() => void) | undefined
  beforeAll(async () => {
    giveBack = await vi.waitFor(() => takeStageLock(join(dirname(stage.stateFile), 'tests.lock'), String(number)), WAIT)
  }, WAIT.timeout)
  afterAll(() => giveBack?.())
  return () => {
    if (giveBack === undefined) throw new Error(`stage ${number} is not lent yet`)
    return stage
  }
}

function injectedStage(number: number): RunningStage {
  const found = inject('stages').find(({ stage }) => stage === number)
  if (found === undefined) throw new Error(`stage ${number} was not started`)
  return found
}
