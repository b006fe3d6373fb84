import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProgramState, StageState } from '../../../infra/local/state/stage-state.ts'
import { signalGroup } from '../../../infra/process/process-group.ts'
import { isRunning } from '../../../infra/process/process-table.ts'
import { describePrograms } from '../runner/program-signs.ts'

/** A replica that has to be made anew replays the whole log, on a small host at a few hundred transactions a second. */
export const HEAL_TIMEOUT_MS = 180_000
const POLL_MS = 20
/** Short, as the program is started again within half a second. */
const GONE_POLL_MS = 1

export function programsOf(stage: StageState, kind: ProgramState['kind']): ProgramState[] {
  return stage.programs.filter((program) => program.kind === kind)
}

export function programNamed(stage: StageState, name: string): ProgramState {
  const found = stage.programs.find((program) => program.name === name)
  if (!found) throw new Error(`stage ${stage.stage} has no program called ${name}`)
  return found
}

/** Restarts and kills of an app need somebody left to answer. */
export function missingCopies(stage: StageState): string | undefined {
  const copies = programsOf(stage, 'app').length
  return copies < 2 ? `this drill needs 2 copies of the app; stage ${stage.stage} has one` : undefined
}

/** Returns once nothing listens on its port: a killed process leaves the process table before its last thread has let go of the sockets. */
export async function untilGone(program: ProgramState): Promise<void> {
  const gone = async () => !isRunning(program) && !(await isListening(program.port))
  await until(gone, `${program.name} did not end`, { pollMs: GONE_POLL_MS })
}

function isListening(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ host: '127.0.0.1', port })
  socket.once('connect', () => resolve(true))
  socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED'))
  return promise.finally(() => socket.destroy())
}

/** Returns once the runner has started the program again and it answers. */
export async function untilHealed(
  stage: () => StageState,
  { name, pid }: ProgramState,
  withinMs = HEAL_TIMEOUT_MS,
): Promise<void> {
  const isHealed = () => {
    const now = stage().programs.find((program) => program.name === name)
    return now?.condition === 'up' && now.pid !== pid
  }
  await until(isHealed, `${name} was not started again`, { withinMs }).catch(async (cause: Error) => {
    throw new Error(`${cause.message}\n${await describePrograms(stage())}`, { cause })
  })
}

/** Stops the programs with STOP while the work is done: they keep their connections and answer nothing. */
export async function whileFrozen<Value>(programs: readonly ProgramState[], work: () => Promise<Value>): Promise<Value> {
  const signal = (name: NodeJS.Signals) => {
    for (const program of programs) signalGroup(program, name)
  }
  const thaw = () => signal('SIGCONT')
  // Nobody else would wake it: whoever interrupts the drill must not leave it so.
  const interrupted = () => {
    thaw()
    process.exit(130)
  }
  process.once('SIGINT', interrupted)
  process.once('SIGTERM', interrupted)
  signal('SIGSTOP')
  try {
    return await work()
  } finally {
    thaw()
    process.off('SIGINT', interrupted)
    process.off('SIGTERM', interrupted)
  }
}

/** A program was killed with its machine, which is not back at once: what the runner starts in its place is frozen for `downMs`. */
export async function holdDown(stage: () => StageState, program: ProgramState, downMs: number): Promise<void> {
  const successor = () => stage().programs.find(({ name, pid }) => name === program.name && pid !== 0 && pid !== program.pid)
  const found = await until(successor, `${program.name} was not started again`, { pollMs: GONE_POLL_MS })
  await whileFrozen([found], () => sleep(downMs))
}

/** Asks again and again until the answer is not false or missing, and returns it. */
export async function until<Value>(
  ask: () => Value | Promise<Value>,
  complaint: string,
  { pollMs = POLL_MS, withinMs = HEAL_TIMEOUT_MS }: { pollMs?: number; withinMs?: number } = {},
): Promise<Exclude<Value, false | null | undefined>> {
  const endsAt = performance.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (answer !== false && answer !== null && answer !== undefined) return answer as Exclude<Value, false | null | undefined>
    if (performance.now() > endsAt) throw new Error(`${complaint} within ${withinMs / 1_000} s`)
    await sleep(pollMs)
  }
}
