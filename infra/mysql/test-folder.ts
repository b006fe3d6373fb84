/** Data folders of servers for tests. The first start of a MySQL takes seconds, so a run makes one folder, and each server gets a copy. */
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServerProgram } from '../servers/server-program.ts'
import type { Bootstrap } from './bootstrap.ts'
import { initializeDataFolder } from './server.ts'

export const ACCOUNT = { user: 'shop', password: 'test-password' }
export const KEEPER_PASSWORD = 'keeper-password'
/** Tests make databases of their own beside the shop's. */
const BOOTSTRAP: Bootstrap = { database: 'shop', ...ACCOUNT, grantOn: 'shop%', keeperPassword: KEEPER_PASSWORD }

/** A copy of `original` where there is one. */
export async function makeTestFolder(server: ServerProgram, folder: string, original?: string): Promise<void> {
  if (original !== undefined) await cp(original, folder, { recursive: true })
  // By it MySQL tells one server from another.
  await rm(join(folder, 'auto.cnf'), { force: true })
  await initializeDataFolder(server, folder, BOOTSTRAP)
}
