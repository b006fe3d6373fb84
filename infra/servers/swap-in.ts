import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServerKind } from './server-program.ts'
import { programInTree } from './unpacked-tree.ts'
import { identifyServer } from './version.ts'

/** Puts the tree `root` of a work folder in the place of `folder`, once its program has been tried, and removes the work folder. */
export async function swapIn(kind: ServerKind, work: string, folder: string): Promise<void> {
  const root = join(work, 'root')
  const program = await programInTree(kind, root)
  if (program === undefined) throw new Error(`what was fetched holds no ${kind.binaries.join(' or ')}`)
  await identifyServer(kind, program)
  if (existsSync(folder)) await rename(folder, join(work, `old-${Date.now()}`))
  await rename(root, folder)
  await rm(work, { recursive: true, force: true })
}
