import { appendFile } from 'node:fs/promises'
import path from 'node:path'
import { nodeEnvironment } from '../../process/command.ts'
import { type RunResult, runProgram } from '../../process/run-program.ts'
import { StartError } from '../../process/start-error.ts'
import type { StoresDocument } from '../../stage/app-document.ts'
import { appsOf, type Plan, storesIn } from '../../stage/plan.ts'
import { storeNames } from '../../stage/store-addresses.ts'
import { CHECKOUT } from '../state/data-folder.ts'
import { hostLog } from '../state/host-log.ts'
import type { Seed } from '../state/stage-state.ts'
import { storeConfig } from '../state/store-config.ts'
import type { StageContext } from './stage-context.ts'

const PREPARE_WITHIN_MS = 120_000

/** The databases and the keepers of groups that must be there before there are tables. */
export function keepersOfStores(plan: Plan): string[] {
  return storesIn(plan).flatMap(({ servers, failover }) => failover ?? servers)
}

/** Creates the modules' tables in the stores of all of them, which answer, and seeds them if that has not been done. */
export async function prepareShop(context: StageContext): Promise<void> {
  const { plan, files } = context
  const env = { ...nodeEnvironment(files.folder), OUTGROW_STORES: JSON.stringify(storesDocument(context)) }
  const databases = keepersOfStores(plan).join(', ')
  const failed = (why: string) => new StartError(`the shop's tables could not be prepared in ${databases}: ${why}`)
  const { status, stdout, stderr } = await prepare(env, context.signal).catch(({ message }: Error) => {
    throw failed(message)
  })
  await appendFile(hostLog(files.logs, hostOfFirst(plan)), stderr + stdout)
  if (status !== 0) throw failed(lastLine(stderr) || `it ended with status ${status}`)
  context.onSeed(parseSeed(stdout))
}

/** As the apps are told of them. */
export function storesDocument({ plan, secrets }: Pick<StageContext, 'plan' | 'secrets'>): StoresDocument {
  const stores = storesIn(plan).map((store) => [store.name, storeConfig(store, plan, secrets)] as const)
  const data = Object.assign({}, ...appsOf(plan).map((app) => storeNames(app.data)))
  return { stores: Object.fromEntries(stores), data, besides: besidesModules(plan) }
}

function besidesModules(plan: Plan): NonNullable<StoresDocument['besides']> {
  const besides: NonNullable<StoresDocument['besides']> = {}
  for (const program of plan.programs) {
    if (program.kind === 'consumers') besides[program.data.name] = 'consumers'
    const telling = program.kind === 'app' && program.events ? Object.values(program.data) : []
    for (const { name } of telling) besides[name] = 'outbox'
  }
  return besides
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

function hostOfFirst(plan: Plan): string {
  const [name] = storesIn(plan).flatMap(({ servers }) => servers)
  return plan.programs.find((program) => program.name === name)?.host ?? 'stores'
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
