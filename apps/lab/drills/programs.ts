import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { docker } from '../../../infra/compose/docker.ts'
import type { ProgramState, StageState } from '../../../infra/local/state/stage-state.ts'
import { signalGroup } from '../../../infra/process/process-group.ts'
import { isRunning } from '../../../infra/process/process-table.ts'
import { until } from '../../../infra/process/until.ts'
import { describePrograms } from '../runner/program-signs.ts'
import { undone } from '../runner/undone.ts'

/** A replica that has to be made anew replays the whole log, on a small host at a few hundred transactions a second. */
export const HEALED = { withinMs: 180_000, everyMs: 20 }
/** Often, as the program is started again within half a second. */
const GONE = { ...HEALED, everyMs: 1 }

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

/** What asks the runner of `npm start` cannot be made where there is none. */
export function missingRunner({ stage, programs }: StageState): string | undefined {
  const isCompose = programs.some(({ container }) => container !== undefined)
  return isCompose ? `this drill needs a stage of npm start; stage ${stage} runs in Docker Compose` : undefined
}

/** At once to a process; where it runs in a container this returns when Docker has done it, and after KILL when it is gone. */
export async function signalProgram(program: ProgramState, signal: NodeJS.Signals): Promise<void> {
  if (program.container === undefined) return signalGroup(program, signal)
  await docker('kill', '--signal', signal, program.container).catch((error: Error) => {
    if (!/is not running|no such container/i.test(error.message)) throw error
  })
}

/** Returns once nothing listens on its port: a killed process leaves the process table before its last thread has let go of the sockets. */
export async function untilGone(program: ProgramState): Promise<void> {
  if (program.container !== undefined) return
  const gone = async () => !isRunning(program) && !(await isListening(program.port))
  await until(gone, { ...GONE, complaint: `${program.name} did not end` })
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
  withinMs = HEALED.withinMs,
): Promise<void> {
  const isHealed = () => {
    const now = stage().programs.find((program) => program.name === name)
    return now?.condition === 'up' && now.pid !== pid
  }
  const complaint = `${name} was not started again`
  await until(isHealed, { ...HEALED, withinMs, complaint }).catch(async (cause: Error) => {
    throw new Error(`${cause.message}\n${await describePrograms(stage())}`, { cause })
  })
}

/** Stops the programs with STOP while the work is done: they keep their connections and answer nothing. */
export async function whileFrozen<Value>(programs: readonly ProgramState[], work: () => Promise<Value>): Promise<Value> {
  const signal = (name: NodeJS.Signals) => Promise.all(programs.map((program) => signalProgram(program, name)))
  return undone(
    () => signal('SIGCONT'),
    async () => {
      await signal('SIGSTOP')
      return work()
    },
  )
}

type Held = { readonly stage: () => StageState; readonly program: ProgramState; readonly healWithinMs: number }

/** A program was killed with its machine, which is not back at once: what the runner starts in its place is frozen for `downMs`. */
export function holdDown(held: Held, downMs: number): Promise<void> {
  return holdDownWhile(held, () => sleep(downMs))
}

/** The same, while the work is done. */
export async function holdDownWhile({ stage, program, healWithinMs }: Held, work: () => Promise<unknown>): Promise<void> {
  const successor = () => stage().programs.find(({ name, pid }) => name === program.name && pid !== 0 && pid !== program.pid)
  const found = await until(successor, { ...GONE, withinMs: healWithinMs, complaint: `${program.name} was not started again` })
  await whileFrozen([found], work)
}
