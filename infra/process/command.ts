import path from 'node:path'
import { serversFolder } from './server-folder.ts'

/** How a program is started. `env` is all that it gets: nothing of the caller's environment passes by itself. */
export type Command = { readonly path: string; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> }

/** Names the stage whose program this is; a runner that was killed is tidied up after by it. */
export const STAGE_TAG = 'OUTGROW_RUN'
/** The same for the runner's own process. */
export const RUNNER_TAG = 'OUTGROW_RUNNER'

/** What every program gets. No HOME, no NODE_OPTIONS: a stage runs alike for everybody. */
export function programEnvironment(stageFolder: string): Record<string, string> {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', LANG: 'C.UTF-8', TZ: 'UTC', [STAGE_TAG]: stageFolder }
}

/** Where Node keeps compiled code: a program takes half the CPU to start where any stage, on this day or another, has run it before. */
export function compiledFolder(): string {
  return path.join(serversFolder(), 'compiled')
}

/** The same for a Node program. */
export function nodeEnvironment(stageFolder: string): Record<string, string> {
  return { ...programEnvironment(stageFolder), NODE_COMPILE_CACHE: compiledFolder() }
}
