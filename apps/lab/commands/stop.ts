import { existsSync } from 'node:fs'
import { endLeftovers, leftoversOf, processesBelow } from '../../../infra/local/run/leftovers.ts'
import { dataFolder, stageFiles } from '../../../infra/local/state/data-folder.ts'
import { liveRunner, takeStageLock } from '../../../infra/local/state/stage-lock.ts'
import { readState, startedStageNames } from '../../../infra/local/state/stage-state.ts'
import { endProcesses } from '../../../infra/process/process-group.ts'
import { commandLine, isRunning, type ProcessIdentity } from '../../../infra/process/process-table.ts'
import { loadStage } from '../../../infra/stage/catalogue.ts'
import { type Command, parseCommandLine, say } from '../runner/command.ts'

const USAGE = 'npm stop -- [N…]'
/** A runner ends the balancer (3 s), the apps (12 s), the keeper (5 s), the databases (15 s), and waits 5 s more where it has to kill. */
const RUNNER_GRACE_MS = 55_000
/** A database has the longest to end. */
const STRAY_GRACE_MS = 15_000

export const stopCommand: Command = {
  summary: 'ends stages (default all), and what killed runs have left',
  usage: USAGE,
  async run(args) {
    const { positionals } = parseCommandLine(args, {}, USAGE)
    const left = positionals.length > 0 ? await stopNamed(positionals) : await stopAll()
    for (const { pid } of left) say(`process ${pid} still runs: ${commandLine(pid)}`)
    return left.length === 0 ? 0 : 1
  },
}

/** Answers what still runs afterwards. */
async function stopNamed(references: readonly string[]): Promise<ProcessIdentity[]> {
  const stages = await Promise.all(references.map(loadStage))
  const results = await Promise.all(stages.map(async ({ name }) => ({ name, ended: await stopStage(name), left: running(name) })))
  for (const { name, ended, left } of results) if (!ended && left.length === 0) say(`stage ${name} does not run`)
  return results.flatMap(({ left }) => left)
}

async function stopAll(): Promise<ProcessIdentity[]> {
  const ended = await Promise.all(startedStageNames().map(stopStage))
  const strays = await endStrays()
  const { runners, programs } = processesBelow(dataFolder())
  const left = [...runners, ...programs]
  if (!ended.some(Boolean) && strays + left.length === 0) say('nothing is running')
  return left
}

async function stopStage(name: string): Promise<boolean> {
  const files = stageFiles(name)
  if (!existsSync(files.folder)) return false
  const runner = liveRunner(files.lock)
  const programs = readState(files.state)?.programs.filter(isRunning).length ?? 0
  if (runner) await endProcesses([runner], { graceMs: RUNNER_GRACE_MS })
  const left = await tidy(name)
  if (runner) say(`stopped stage ${name} (${programs} programs)`)
  else if (left > 0) say(`ended ${left} programs that a killed run of stage ${name} had left`)
  return runner !== undefined || left > 0
}

/** What the runner could not do because it had been killed. */
async function tidy(name: string): Promise<number> {
  const files = stageFiles(name)
  const unlock = await takeStageLock(files.lock, name)
  const left = await endLeftovers(files)
  unlock()
  return left
}

/** Ends processes of stages whose folder was removed under them: runners first, as they would start programs again. */
async function endStrays(): Promise<number> {
  const { runners } = processesBelow(dataFolder())
  await endProcesses(runners, { graceMs: RUNNER_GRACE_MS })
  const { programs } = processesBelow(dataFolder())
  await endProcesses(programs, { graceMs: STRAY_GRACE_MS })
  const count = runners.length + programs.length
  if (count > 0) say(`ended ${count} processes of stages whose folder is gone`)
  return count
}

function running(name: string): ProcessIdentity[] {
  const files = stageFiles(name)
  return [...[liveRunner(files.lock)].filter((runner) => runner !== undefined), ...leftoversOf(files)]
}
