import type { Command } from '../runner/command.ts'
import { runTool } from '../runner/tool.ts'
import { runChecks } from './check.ts'

export const testCommand: Command = {
  summary: 'checks everything, then runs all tests against real servers; what follows goes to vitest',
  usage: 'npm test [-- --project unit|stages] [-- FILE…]',
  async run(args) {
    // The checks have run the tidy ones.
    return (await runChecks()) || runTool('vitest', ['run', ...(args.length === 0 ? ['--project', '!tidy'] : args)])
  },
}
