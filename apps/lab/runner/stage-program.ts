import { type ProgramState, readStageState, type StageState } from '../../../infra/local/state/stage-state.ts'
import { endProcesses } from '../../../infra/process/process-group.ts'
import { until } from '../../../infra/process/until.ts'
import { CommandError } from './command.ts'

/** As long as the slowest program has to end by itself, a database that others copy from. */
const END_WITHIN_MS = 15_000
/** A database first mends itself, on a small host. */
const READY_WITHIN_MS = 120_000
const POLL_MS = 20

/** Throws one line that lists the programs there are. */
export function programCalled(name: string, { name: stage, programs }: StageState): ProgramState {
  const found = programs.find((program) => program.name === name)
  if (found) return found
  throw new CommandError(
    `stage ${stage} has no program "${name}"; there are: ${programs.map((program) => program.name).join(', ')}`,
  )
}

/** Ends one program in good order, and returns once the runner has started it again and it answers. */
export async function restartProgram({ stage, name, settings }: StageState, program: ProgramState): Promise<ProgramState> {
  if (settings.supervision === 'off')
    throw new CommandError(`stage ${name} runs with supervision=off: what ends there is not started again`)
  if (program.condition !== 'up')
    throw new CommandError(`${program.name} of stage ${name} is ${program.condition}; it can be restarted once it is up`)
  await endProcesses([program], { graceMs: END_WITHIN_MS })
  return until(() => successorOf(stage, program), {
    withinMs: READY_WITHIN_MS,
    everyMs: POLL_MS,
    complaint: `${program.name} of stage ${name} was not ready again`,
  })
}

function successorOf(stage: number, { name, pid }: ProgramState): ProgramState | undefined {
  const now = readStageState(stage)
  if (!now) throw new CommandError(`stage ${stage} was stopped meanwhile`)
  return now.programs.find((other) => other.name === name && other.condition === 'up' && other.pid !== pid)
}
