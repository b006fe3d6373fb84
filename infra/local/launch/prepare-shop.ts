import { appendFile } from 'node:fs/promises'
import path from 'node:path'
import { nodeEnvironment } from '../../process/command.ts'
import { type RunResult, runProgram } from '../../process/run-program.ts'
import { StartError } from '../../process/start-error.ts'
import { CHECKOUT } from '../state/data-folder.ts'
import { databaseUrl } from '../state/database-url.ts'
import { hostLog } from '../state/host-log.ts'
import type { Seed } from '../state/stage-state.ts'
import type { StageContext } from './stage-context.ts'

const PREPARE_WITHIN_MS = 120_000

/** Creates the shop's tables in a database that answers, and seeds it if that has not been done. */
export async function prepareShop(database: string, context: StageContext): Promise<Seed> {
  const { plan, files, secrets } = context
  const env = { ...nodeEnvironment(files.folder), OUTGROW_WRITES: databaseUrl(plan, database, secrets) }
  const failed = (why: string) => new StartError(`the shop's tables could not be prepared in ${database}: ${why}`)
  const { status, stdout, stderr } = await prepare(env, context.signal).catch(({ message }: Error) => {
    throw failed(message)
  })
  await appendFile(hostLog(files.logs, hostOf(context, database)), stderr + stdout)
  if (status !== 0) throw failed(lastLine(stderr) || `it ended with status ${status}`)
  return parseSeed(stdout)
}

function prepare(env: Record<string, string>, signal: AbortSignal): Promise<RunResult> {
  const program = { path: process.execPath, args: [path.join(CHECKOUT, 'apps/shop/prepare.ts')], env }
  return runProgram(program, { deadlineMs: PREPARE_WITHIN_MS, over: {}, cwd: '/', signal })
}

function parseSeed(stdout: string): Seed {
  try {
    const { products, users, checksum } = JSON.parse(lastLine(stdout))
    return { products, users, checksum: String(checksum) }
  } catch {
    throw new StartError(`preparing the shop's tables ended with "${lastLine(stdout)}" instead of what was seeded`)
  }
}

function hostOf({ plan }: StageContext, program: string): string {
  return plan.programs.find(({ name }) => name === program)?.host ?? program
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
