/** Data folders of servers for tests. A run makes one, and each server gets a copy. */
import type { ServerProgram } from '../servers/server-program.ts'
import type { Bootstrap } from './bootstrap.ts'
import { initializeDataFolder } from './server.ts'

export const ACCOUNT = { user: 'shop', password: 'test-password' }
export const KEEPER_PASSWORD = 'keeper-password'
/** Tests make databases of their own beside the shop's, and buckets. */
const BOOTSTRAP: Bootstrap = { database: 'shop', ...ACCOUNT, grantOn: ['shop%', 'bucket%'], keeperPassword: KEEPER_PASSWORD }

/** A copy of `original` where there is one. */
export function makeTestFolder(server: ServerProgram, folder: string, original?: string): Promise<void> {
  return initializeDataFolder(server, folder, BOOTSTRAP, original)
}
