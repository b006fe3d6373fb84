import { randomUUID } from 'node:crypto'
import { stageFiles } from '../../../infra/local/state/data-folder.ts'
import { PLAN_SIGNAL, type PlanChanges, writeRequest } from '../../../infra/local/state/plan-request.ts'
import { readStageState, type StageState } from '../../../infra/local/state/stage-state.ts'
import { isRunning } from '../../../infra/process/process-table.ts'
import { until } from '../../../infra/process/until.ts'
import { CommandError, say } from './command.ts'

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

/**
 * Has the runner of a stage go over to another plan. Answers the stage as it is then; one who asks at a time. What the runner knows
 * before it is done is said at once: that it will fail may take it minutes more to put right.
 */
export async function askRunner({ stage, name, runner }: StageState, changes: PlanChanges): Promise<StageState> {
  const id = randomUUID()
  writeRequest(stageFiles(name).planRequest, { id, ...changes })
  if (isRunning(runner)) process.kill(runner.pid, PLAN_SIGNAL)
  let said: string | undefined
  const answered = await until(
    () => {
      const now = readStageState(stage)
      if (!now || !isRunning(runner)) throw new CommandError(`stage ${name} was stopped meanwhile`)
      if (now.planAnswer?.id !== id) return false
      const { news } = now.planAnswer
      if (news === undefined) return now
      if (news !== said) say(news)
      said = news
      return false
    },
    { withinMs: WITHIN_MS, everyMs: POLL_MS, complaint: `the runner of stage ${name} did not answer` },
  )
  const failed = answered.planAnswer?.failed
  if (failed !== undefined) throw new RunnerRefusal(failed)
  return answered
}
