import { randomUUID } from 'node:crypto'
import { stageFiles } from '../../../infra/local/state/data-folder.ts'
import { PLAN_SIGNAL, type PlanChanges, writeRequest } from '../../../infra/local/state/plan-request.ts'
import { readStageState, type StageState } from '../../../infra/local/state/stage-state.ts'
import { isRunning } from '../../../infra/process/process-table.ts'
import { until } from '../../../infra/process/until.ts'
import { CommandError } from './command.ts'

/** A MySQL makes its data folder first, and each of several servers has to catch up. */
const WITHIN_MS = 240_000
const POLL_MS = 100

/** It has tried, and gone back. */
export class RunnerRefusal extends CommandError {
  readonly reason: string

  constructor(reason: string) {
    super(`${reason}; nothing was changed`)
    this.reason = reason
  }
}

/** Has the runner of a stage go over to another plan. Answers the stage as it is then; one who asks at a time. */
export async function askRunner({ stage, name, runner }: StageState, changes: PlanChanges): Promise<StageState> {
  const id = randomUUID()
  writeRequest(stageFiles(name).planRequest, { id, ...changes })
  if (isRunning(runner)) process.kill(runner.pid, PLAN_SIGNAL)
  const answered = await until(
    () => {
      const now = readStageState(stage)
      if (!now || !isRunning(runner)) throw new CommandError(`stage ${name} was stopped meanwhile`)
      return now.planAnswer?.id === id && now
    },
    { withinMs: WITHIN_MS, everyMs: POLL_MS, complaint: `the runner of stage ${name} did not answer` },
  )
  const failed = answered.planAnswer?.failed
  if (failed !== undefined) throw new RunnerRefusal(failed)
  return answered
}
