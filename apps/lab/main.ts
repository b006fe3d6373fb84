/** The command line of Outgrow: `node apps/lab/entry.mjs <command> …`, which comes here once Node is the right one. */
import { type Command, CommandError, say } from './runner/command.ts'

/** Loaded one by one, so that no command waits for what another one needs. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./commands/start.ts')).startCommand,
  stop: async () => (await import('./commands/stop.ts')).stopCommand,
  status: async () => (await import('./commands/status.ts')).statusCommand,
  logs: async () => (await import('./commands/logs.ts')).logsCommand,
  restart: async () => (await import('./commands/restart.ts')).restartCommand,
  reset: async () => (await import('./commands/reset.ts')).resetCommand,
  reshard: async () => (await import('./commands/reshard.ts')).reshardCommand,
  deploy: async () => (await import('./commands/deploy.ts')).deployCommand,
  'can-i-deploy': async () => (await import('./commands/can-i-deploy.ts')).canIDeployCommand,
  scale: async () => (await import('./commands/scale.ts')).scaleCommand,
  trace: async () => (await import('./commands/trace.ts')).traceCommand,
  compare: async () => (await import('./commands/compare.ts')).compareCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  load: async () => (await import('./commands/load.ts')).loadCommand,
  drill: async () => (await import('./commands/drill.ts')).drillCommand,
  compose: async () => (await import('./commands/compose.ts')).composeCommand,
  prefetch: async () => (await import('./commands/prefetch.ts')).prefetchCommand,
  contract: async () => (await import('./commands/contract.ts')).contractCommand,
  diagram: async () => (await import('./commands/diagram.ts')).diagramCommand,
  bench: async () => (await import('./commands/bench.ts')).benchCommand,
  lab: async () => (await import('./commands/lab.ts')).labCommand,
  test: async () => (await import('./commands/test.ts')).testCommand,
  check: async () => (await import('./commands/check.ts')).checkCommand,
  mutants: async () => (await import('./commands/mutants.ts')).mutantsCommand,
}

const MISTAKES = [TypeError, RangeError, ReferenceError, SyntaxError, EvalError, URIError]

keepLoopbackDirect()
process.exitCode = await main(process.argv.slice(2))

async function main([name = '--help', ...args]: string[]): Promise<number> {
  try {
    if (['--help', '-h', 'help'].includes(name)) return await printHelp()
    const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
    if (!load) throw new CommandError(`there is no command "${name}"; there are: ${Object.keys(COMMANDS).join(', ')}`)
    const command = await load()
    if (!args.includes('--help') && !args.includes('-h')) return await command.run(args)
    process.stdout.write(`${command.summary}\n\n  ${command.usage}\n`)
    return 0
  } catch (error) {
    say(`error: ${explain(error)}`)
    return error instanceof CommandError ? error.status : 1
  }
}

/** What runs here is asked past a proxy, by us and by every program that we start. */
function keepLoopbackDirect(): void {
  const direct = [process.env.no_proxy ?? process.env.NO_PROXY, '127.0.0.1', 'localhost', '::1'].filter(Boolean).join(',')
  process.env.NO_PROXY = direct
  process.env.no_proxy = direct
}

async function printHelp(): Promise<number> {
  for (const load of Object.values(COMMANDS)) {
    const { usage, summary } = await load()
    process.stdout.write(`  ${usage}\n      ${summary}\n`)
  }
  return 0
}

/** An Error carries a line for people, whatever we call it; TypeError and its kin are our own mistakes and need their stack. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const isForPeople = !MISTAKES.some((kind) => error instanceof kind)
  return isForPeople && !process.env.OUTGROW_DEBUG ? error.message : (error.stack ?? error.message)
}
