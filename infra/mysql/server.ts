/** Runs a MySQL or MariaDB server on a data folder of its own. Nothing outside infra/mysql knows which of the two it is. */
import type { Invocation, ServerProgram } from '../servers/server-program.ts'
import { groupOptions } from './group-options.ts'
import { servingOptions, storageOptions } from './options.ts'

export { initializeDataFolder, initializeDataFolders } from './data-folder.ts'

export type Serving = {
  readonly folder: string
  readonly port: number
  /** Path of the Unix socket, relative to the data folder or short enough for the system (107 bytes). */
  readonly socket?: string
  /** Of a member of a group, whose keeper says who takes writes; its number in the group, from 1. */
  readonly memberNumber?: number
  /** Further options; the last of two equal ones counts. */
  readonly options?: readonly string[]
}

/** What to spawn for a server in the foreground that logs to standard error and ends in good order at SIGTERM. */
export function mysqldCommand(server: ServerProgram, { folder, port, socket, memberNumber, options = [] }: Serving): Invocation {
  const group = memberNumber === undefined ? [] : groupOptions(server.flavour, memberNumber)
  const serving = servingOptions(server.flavour, socket === undefined ? { port } : { port, socket })
  return {
    path: server.path,
    args: [...server.args, ...storageOptions(server.flavour, folder), ...serving, ...group, ...options],
    env: server.env,
  }
}
