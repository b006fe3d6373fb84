import { type Command, CommandError, parseCommandLine, say } from '../runner/command.ts'
import { runningStage } from '../runner/running-stage.ts'
import { programCalled, restartProgram } from '../runner/stage-program.ts'

const usage = 'npm run restart -- STAGE NAME'

export const restartCommand: Command = {
  summary: 'ends one program of a running stage in good order; back when its runner has started it again and it is ready',
  usage,
  async run(args) {
    const { positionals } = parseCommandLine(args, {}, usage)
    const [reference, name, ...rest] = positionals
    if (reference === undefined || name === undefined || rest.length > 0)
      throw new CommandError(`restart takes a stage and the name of a program; usage: ${usage}`)
    const stage = await runningStage(reference)
    const program = programCalled(name, stage)
    const startedAt = performance.now()
    say(`restarting ${name} of stage ${stage.name} …`)
    const { pid } = await restartProgram(stage, program)
    process.stdout.write(`${name} is ready again as process ${pid} (${((performance.now() - startedAt) / 1_000).toFixed(1)} s)\n`)
    return 0
  },
}
