import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { portBase, stageFiles } from '../../../infra/local/state/data-folder.ts'
import { hostLog } from '../../../infra/local/state/host-log.ts'
import { loadStage } from '../../../infra/stage/catalogue.ts'
import { type Plan, planOf } from '../../../infra/stage/plan.ts'
import { type Command, CommandError, parseCommandLine, say } from '../runner/command.ts'
import { interruptible } from '../runner/interruption.ts'
import { endOfLog, followLog } from '../runner/log-lines.ts'

const usage = 'npm run logs -- STAGE [NAME] [--lines 100] [--follow]'
const options = { lines: { type: 'string', default: '100' }, follow: { type: 'boolean', default: false } } as const
const MOST_LINES = 1_000_000

export const logsCommand: Command = {
  summary: 'shows the end of the log of one program, or which logs there are; --follow goes on until Ctrl-C',
  usage,
  async run(args) {
    const { values, positionals } = parseCommandLine(args, options, usage)
    const [reference, name, ...rest] = positionals
    if (reference === undefined || rest.length > 0) throw new CommandError(`logs takes a stage and a name; usage: ${usage}`)
    const count = Number(values.lines)
    if (!Number.isInteger(count) || count < 0 || count > MOST_LINES)
      throw new CommandError(`--lines takes a number from 0 to ${MOST_LINES}, not "${values.lines}"`)
    if (name === undefined && values.follow) throw new CommandError(`--follow takes the name of a log; usage: ${usage}`)
    const stage = planOf(await loadStage(reference), { portBase: portBase() })
    const { logs } = stageFiles(stage.name)
    if (!existsSync(logs)) throw new CommandError(`stage ${stage.name} has never run, so it has no logs`)
    return name === undefined ? list(stage, logs) : show(fileOf(name, stage, logs), count, values.follow)
  },
}

function list(stage: Plan, logs: string): number {
  for (const log of logNames(logs)) process.stdout.write(`${[log, ...programsIn(log, stage)].join(' ')}\n`)
  return 0
}

function logNames(logs: string): string[] {
  return readdirSync(logs)
    .filter((file) => file.endsWith('.log'))
    .map((file) => path.basename(file, '.log'))
    .sort()
}

/** Programs of one host write into one log. */
function programsIn(log: string, { programs }: Plan): string[] {
  return programs.filter(({ host, name }) => host === log && name !== log).map(({ name }) => name)
}

/** The name of a host, of a program, or `runner`. */
function fileOf(name: string, stage: Plan, logs: string): string {
  const host = stage.programs.find((program) => program.name === name)?.host ?? name
  const known = logNames(logs)
  if (!known.includes(host)) {
    throw new CommandError(`stage ${stage.name} has no log of "${name}"; there are: ${known.join(', ')}`)
  }
  const others = programsIn(host, stage).filter((other) => other !== name)
  if (host !== name && others.length > 0) say(`${name} writes into one log with ${others.join(' and ')}`)
  return hostLog(logs, host)
}

async function show(file: string, count: number, follow: boolean): Promise<number> {
  // Whoever reads no further, as `head` does, has seen enough.
  process.stdout.once('error', () => process.exit(0))
  const { text, offset } = endOfLog(file, count)
  process.stdout.write(text)
  if (!follow) return 0
  const interruption = interruptible(() => {})
  await followLog(file, offset, { write: (chunk) => void process.stdout.write(chunk), signal: interruption.signal })
  return 0
}
