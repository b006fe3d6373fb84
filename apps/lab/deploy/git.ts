import { existsSync } from 'node:fs'
import path from 'node:path'
import { runProgram } from '../../../infra/process/run-program.ts'
import { CommandError } from '../runner/command.ts'

const GIT_WITHIN_MS = 60_000

export type Git = ReturnType<typeof gitIn>

export function gitIn(checkout: string) {
  const run = (...args: string[]) =>
    runProgram({ path: 'git', args: ['-C', checkout, ...args], env: {} }, { deadlineMs: GIT_WITHIN_MS })
  return {
    /** Undefined for what git takes for none, as `.` and an absolute path, and where nothing was cloned. */
    async commit(from: string): Promise<string | undefined> {
      if (!existsSync(path.join(checkout, '.git'))) return undefined
      const { status, stdout } = await run('rev-parse', '--verify', '--quiet', '--end-of-options', `${from}^{commit}`)
      return status === 0 ? stdout.trim() : undefined
    },
    /** As a commit has it, by its path from the checkout on. */
    async file(commit: string, name: string): Promise<string | undefined> {
      const { status, stdout } = await run('show', `${commit}:./${name}`)
      return status === 0 ? stdout : undefined
    },
    async line(...args: string[]): Promise<string> {
      const { status, stdout, stderr } = await run(...args)
      if (status !== 0) throw new CommandError(`git ${args[0]} failed: ${lastLine(stderr)}`)
      return stdout.trim()
    },
  }
}

export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
