import { existsSync } from 'node:fs'
import path from 'node:path'
import { nodeEnvironment } from '../../process/command.ts'
import { runProgram } from '../../process/run-program.ts'
import { StartError } from '../../process/start-error.ts'
import type { Build } from '../../stage/app-programs.ts'
import { CHECKOUT } from '../state/data-folder.ts'
import { storesDocument } from './prepare-shop.ts'
import type { StageContext } from './stage-context.ts'

const WITHIN_MS = 120_000

/** As a build wants the tables of its service, by that build's own word. One that is older than this changes none. */
export async function updateTables(
  { plan, secrets, files }: Pick<StageContext, 'plan' | 'secrets' | 'files'>,
  service: string,
  build: Build | undefined,
): Promise<void> {
  const program = path.join(build?.folder ?? CHECKOUT, 'apps/shop/update-tables.ts')
  if (!existsSync(program)) return
  const told = { OUTGROW_STORES: JSON.stringify(storesDocument({ plan, secrets })), OUTGROW_SERVICE: service }
  const env = { ...nodeEnvironment(files.folder), ...told }
  const command = { path: process.execPath, args: [program], env }
  const { status, stderr } = await runProgram(command, { deadlineMs: WITHIN_MS, over: {}, cwd: '/' })
  if (status !== 0) throw new StartError(`the tables of ${service} could not be changed: ${stderr.trim().split('\n').at(-1)}`)
}
