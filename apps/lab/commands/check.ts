import { type Command, parseCommandLine } from '../runner/command.ts'
import { hasGit, runTool } from '../runner/tool.ts'

const usage = 'npm run check'

export const checkCommand: Command = {
  summary: 'checks types, lint, format and house style, without starting anything',
  usage,
  async run(args) {
    parseCommandLine(args, {}, usage)
    return runChecks()
  },
}

/** Answers the status of the first that complains. */
export async function runChecks(): Promise<number> {
  return (
    (await runTool('tsc', ['-p', '.'])) ||
    (await runTool('biome', ['check', `--vcs-enabled=${hasGit()}`, '.'])) ||
    runTool('vitest', ['run', '--project', 'tidy'])
  )
}
