import { type Command, CommandError, parseCommandLine } from '../runner/command.ts'
import { runningStage } from '../runner/running-stage.ts'

const usage = 'npm run reset -- STAGE'

export const resetCommand: Command = {
  summary:
    'puts the demo data back while the stage goes on: no orders, payments, sessions or counts; products and people as seeded',
  usage,
  async run(args) {
    const { positionals } = parseCommandLine(args, {}, usage)
    const [reference, ...rest] = positionals
    if (reference === undefined || rest.length > 0) throw new CommandError(`reset takes one stage; usage: ${usage}`)
    const stage = await runningStage(reference)
    const startedAt = performance.now()
    // With all of the shop's drivers: not for somebody who asks how it is called.
    const { putDemoDataBack } = await import('../reset/demo-data.ts')
    const { productsChanged, usersGone } = await putDemoDataBack(stage)
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
    const details = `${productsChanged} products were changed, ${usersGone} people had registered`
    process.stdout.write(`stage ${stage.name} has its demo data back (${seconds} s; ${details})\n`)
    return 0
  },
}
