import { DEFAULT_SIZE_CPU } from '../../../infra/local/hosts/size.ts'
import { portBase, stageFiles } from '../../../infra/local/state/data-folder.ts'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { locateServer } from '../../../infra/servers/locate-server.ts'
import { loadStage } from '../../../infra/stage/catalogue.ts'
import { type Plan, planOf } from '../../../infra/stage/plan.ts'
import { type Command, CommandError, parseCommandLine, say } from '../runner/command.ts'
import type { RunnerRequest } from '../runner/messages.ts'
import { refuseIfRunning, tidied } from '../runner/own-stage.ts'
import { type RunnerProcess, startRunner } from '../runner/process.ts'
import { statusOf } from '../runner/stage-status.ts'
import { welcome } from './welcome.ts'

const USAGE = 'npm start -- [N…] [--detach] [--set name=value]… [--size CPUS | --unsized] [--fresh] [--json]'
const OPTIONS = {
  detach: { type: 'boolean', default: false },
  set: { type: 'string', multiple: true },
  size: { type: 'string' },
  unsized: { type: 'boolean', default: false },
  fresh: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

export const startCommand: Command = {
  summary: 'starts stages (default 1) and says how to use them; Ctrl-C ends them, --detach leaves them running',
  usage: USAGE,
  async run(args) {
    const request = await parseStart(args)
    for (const { name } of request.plans) refuseIfRunning(name)
    await findServers(request.plans)
    const runners: RunnerProcess[] = []
    const interrupted = onInterrupt(runners)
    for (const plan of request.plans)
      runners.push(await startRunner(stageFiles(plan.name), request.for(plan), progressOf(plan, request.plans)))
    const states = await allReady(runners, interrupted)
    if (!states) return interrupted() ? 130 : 1
    process.stdout.write(
      request.json ? `${JSON.stringify({ stages: await Promise.all(states.map(statusOf)) })}\n` : welcome(states, request.detach),
    )
    if (request.detach) for (const runner of runners) runner.release()
    else await watchOver(runners, interrupted)
    return 0
  },
}

type StartRequest = { plans: Plan[]; detach: boolean; json: boolean; for(plan: Plan): RunnerRequest }

/** Everything that can be wrong with the command line is found here, before anything starts. */
async function parseStart(args: string[]): Promise<StartRequest> {
  const { values, positionals } = parseCommandLine(args, OPTIONS, USAGE)
  const { detach, json, fresh, set = [] } = values
  if (values.unsized && values.size !== undefined) throw new CommandError('--size and --unsized exclude each other')
  const sizeCpu = values.unsized ? null : parseSize(values.size)
  const base = portBase()
  const stages = await Promise.all((positionals.length === 0 ? ['1'] : positionals).map(loadStage))
  const plans = [...new Set(stages)].map((stage) => planOf(stage, { portBase: base, set }))
  return { plans, detach, json, for: ({ name }) => ({ stage: name, set, portBase: base, sizeCpu, fresh, detach }) }
}

function parseSize(text: string | undefined): number {
  if (text === undefined) return DEFAULT_SIZE_CPU
  const cpus = Number(text)
  if (/^\d*\.?\d+$/.test(text) && cpus >= 0.01 && cpus <= 64) return cpus
  throw new CommandError(`"${text}" is no size: it takes a number of CPUs from 0.01 to 64`)
}

/** Once and in view, so that several stages do not fetch the same server. */
async function findServers(plans: readonly Plan[]): Promise<void> {
  const kinds = new Set(plans.flatMap(({ programs }) => programs.map(({ kind }) => kind)))
  for (const name of ['mysql', 'redis', 'haproxy'] as const) if (kinds.has(name)) await locateServer(name, { onProgress: say })
}

function progressOf({ stage }: Plan, plans: readonly Plan[]): (line: string) => void {
  return (line) => say(plans.length === 1 ? line : `stage ${stage}: ${line}`)
}

/** Ends the stages in order at Ctrl-C, TERM or a closed terminal; a second Ctrl-C does not wait for that. Answers whether it came to that. */
function onInterrupt(runners: readonly RunnerProcess[]): () => boolean {
  let interrupted = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (interrupted) process.exit(130)
      interrupted = true
      say('stopping …')
      for (const runner of runners) runner.stop()
    })
  }
  return () => interrupted
}

/** The states of all, or, once one has failed and all others are ended, nothing. */
async function allReady(runners: readonly RunnerProcess[], interrupted: () => boolean): Promise<StageState[] | undefined> {
  try {
    return await Promise.all(runners.map(({ ready }) => ready))
  } catch (error) {
    for (const runner of runners) runner.stop()
    await Promise.all(runners.map(tidied))
    say(interrupted() ? 'stopped; nothing is left running' : `error: ${(error as Error).message}`)
    return undefined
  }
}

async function watchOver(runners: readonly RunnerProcess[], interrupted: () => boolean): Promise<void> {
  await Promise.all(
    runners.map(async (runner) => {
      const wasKilled = await tidied(runner)
      if (wasKilled) throw new CommandError(`the runner in ${runner.files.folder} was killed; its programs are ended`)
      if (!interrupted()) say(`the stage in ${runner.files.folder} was stopped`)
    }),
  )
}
