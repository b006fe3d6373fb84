import { existsSync } from 'node:fs'
import path from 'node:path'
import { CHECKOUT } from '../../../infra/local/state/data-folder.ts'
import { handOver } from '../../../infra/setup/hand-over.mjs'
import { CommandError } from './command.ts'

/** Not found on the PATH, which cannot hold a folder with a colon in its name. */
const TOOLS = {
  tsc: 'typescript/bin/tsc',
  biome: '@biomejs/biome/bin/biome',
  vitest: 'vitest/vitest.mjs',
} as const

/** Runs a tool of the checkout in our terminal and answers its exit status. */
export async function runTool(name: keyof typeof TOOLS, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  if (name === 'vitest') requireReadablePath(CHECKOUT)
  const program = path.join(CHECKOUT, 'node_modules', TOOLS[name])
  return handOver(process.execPath, [program, ...args], { cwd: CHECKOUT, env: { ...process.env, ...env } })
}

/** Vite takes the path of a module for a URL, and of some folders it then sees a part alone: "no tests". */
export function requireReadablePath(folder: string): void {
  const [character] = /[#?\\]/.exec(folder) ?? []
  if (character)
    throw new CommandError(`no test can be run in a folder with "${character}" in its path; move the checkout: ${folder}`)
}

/** Whether this is a clone and not an archive's content. */
export function hasGit(): boolean {
  return existsSync(path.join(CHECKOUT, '.git'))
}
