import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Bootstrap } from '../../mysql/bootstrap.ts'
import { answersMysql, initializeDataFolders, mysqldCommand, pingMysql } from '../../mysql/server.ts'
import { programEnvironment, STAGE_TAG } from '../../process/command.ts'
import { locateServer } from '../../servers/locate-server.ts'
import type { AppProgram, MysqlProgram, Plan } from '../../stage/plan.ts'
import type { Secrets } from '../state/secrets.ts'
import { ANSWER_WITHIN_MS, type Launch } from './launch.ts'
import { prepareShop } from './prepare-shop.ts'
import type { StageContext } from './stage-context.ts'

const PING_TIMEOUT_MS = 1_000
/**
 * InnoDB survives a KILL, but then the next start has to recover. A MySQL that others copy first gives their connections up to 8 s,
 * in steps of one, and then all that are left 2 s (`close_connections` in its sql/mysqld.cc): 4 s mostly, and over 10 at the worst.
 */
const STOP_WITHIN_MS = 15_000

/** One that belongs to a group starts as nobody: its keeper says who takes writes, and then has the shop's tables made. */
export async function mysqlLaunch({ name, port, failover }: MysqlProgram, context: StageContext): Promise<Launch> {
  const { plan, files, secrets, onProgress } = context
  const server = await locateServer('mysql', { onProgress })
  const folder = path.join(files.data, name)
  await mkdir(files.data, { recursive: true })
  const tagged = { ...server, env: { ...server.env, [STAGE_TAG]: files.folder } }
  if (!existsSync(folder)) onProgress(`${name}: making an empty database …`)
  const members = failover === undefined ? [name] : membersOf(failover, plan)
  const memberNumber = failover === undefined ? undefined : members.indexOf(name) + 1
  const folders = members.map((member) => path.join(files.data, member))
  await onceAtATime(folders, () => initializeDataFolders(tagged, folders, bootstrapOf(secrets, memberNumber)))
  const { path: program, args, env } = mysqldCommand(server, { folder, port, ...(memberNumber && { memberNumber }) })
  const user = { host: '127.0.0.1', port, user: 'shop', password: secrets.databasePassword }
  const isPrepared = failover === undefined && plan.programs.some((other) => other.kind === 'app' && keepsDataIn(name, other))
  return {
    path: program,
    args,
    env: { ...programEnvironment(files.folder), ...env },
    ready: () => pingMysql({ ...user, timeoutMs: PING_TIMEOUT_MS }),
    answers: () => answersMysql({ ...user, timeoutMs: ANSWER_WITHIN_MS }),
    readyWithinMs: 60_000,
    stopWithinMs: STOP_WITHIN_MS,
    afterReady: async () => {
      if (isPrepared) context.onSeed(await prepareShop(name, context))
    },
  }
}

function keepsDataIn(database: string, { data }: AppProgram): boolean {
  return Object.values(data).some(({ name }) => name === database)
}

function membersOf(failover: string, { programs }: Plan): readonly string[] {
  const group = programs.find((program) => program.name === failover)
  return group?.kind === 'failover' ? group.databases : []
}

const making = new Map<string, Promise<void>>()

/** Every member of a group asks for all of their folders, and starts when they are there: nothing is copied from a server that runs. */
function onceAtATime(folders: readonly string[], make: () => Promise<void>): Promise<void> {
  const group = folders.join()
  const made = making.get(group) ?? make().finally(() => making.delete(group))
  making.set(group, made)
  return made
}

function bootstrapOf({ databasePassword, replicationPassword }: Secrets, memberNumber: number | undefined): Bootstrap {
  const shop = { database: 'shop', user: 'shop', password: databasePassword }
  return memberNumber === undefined ? shop : { ...shop, keeperPassword: replicationPassword }
}
