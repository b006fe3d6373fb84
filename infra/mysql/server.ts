/** Runs a MySQL or MariaDB server on a data folder of its own. Nothing outside infra/mysql knows which of the two it is. */
import type { Flavour, Invocation, ServerProgram } from '../servers/server-program.ts'
import { groupOptions } from './group-options.ts'
import { type Listening, servingOptions, storageOptions } from './options.ts'

export { initializeDataFolder, initializeDataFolders } from './data-folder.ts'

export type Serving = Listening & {
  readonly folder: string
  /** Of a member of a group, whose keeper says who takes writes; its number in the group, from 1. */
  readonly memberNumber?: number
  /** Further options; the last of two equal ones counts. */
  readonly options?: readonly string[]
}

/** What to spawn for a server in the foreground that logs to standard error and ends in good order at SIGTERM. */
export function mysqldCommand(server: ServerProgram, serving: Serving): Invocation {
  return { path: server.path, args: [...server.args, ...mysqldOptions(server.flavour, serving)], env: server.env }
}

export function mysqldOptions(flavour: Flavour, { folder, memberNumber, options = [], ...listening }: Serving): string[] {
  const group = memberNumber === undefined ? [] : groupOptions(flavour, memberNumber)
  return [...storageOptions(flavour, folder), ...servingOptions(flavour, listening), ...group, ...options]
}
