import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { type Bootstrap, escapePattern } from '../../mysql/bootstrap.ts'
import { BUCKETS_OPTIONS } from '../../mysql/options.ts'
import { answersMysql, pingMysql } from '../../mysql/ping.ts'
import { initializeDataFolders, mysqldCommand, type Serving } from '../../mysql/server.ts'
import { programEnvironment, STAGE_TAG } from '../../process/command.ts'
import { locateServer } from '../../servers/locate-server.ts'
import type { MysqlProgram, Plan } from '../../stage/plan.ts'
import { storeOfServer } from '../state/database-url.ts'
import { databasePassword, type Secrets } from '../state/secrets.ts'
import { ANSWER_WITHIN_MS, type Launch } from './launch.ts'
import { keepersOfStores } from './prepare-shop.ts'
import type { StageContext } from './stage-context.ts'

const PING_TIMEOUT_MS = 1_000
/**
 * InnoDB survives a KILL, but then the next start has to recover. A MySQL that others copy first gives their connections up to 8 s,
 * in steps of one, and then all that are left 2 s (`close_connections` in its sql/mysqld.cc): 4 s mostly, and over 10 at the worst.
 */
const STOP_WITHIN_MS = 15_000

/** One that belongs to a group starts as nobody: its keeper says who takes writes, and then has the shop's tables made. */
export async function mysqlLaunch(database: MysqlProgram, context: StageContext): Promise<Launch> {
  const { name, port } = database
  const { plan, files, secrets, onProgress } = context
  const server = await locateServer('mysql', { onProgress })
  const folder = path.join(files.data, name)
  await mkdir(files.data, { recursive: true })
  const tagged = { ...server, env: { ...server.env, [STAGE_TAG]: files.folder } }
  if (!existsSync(folder)) onProgress(`${name}: making an empty database …`)
  const folders = alike(database, plan).map((one) => path.join(files.data, one))
  await onceAtATime(folders, () => initializeDataFolders(tagged, folders, bootstrapOf(database, secrets)))
  const { path: program, args, env } = mysqldCommand(server, { folder, port, ...partIn(plan, database) })
  const user = { host: '127.0.0.1', port, user: 'shop', password: databasePassword(secrets, storeOfServer(database)) }
  return {
    path: program,
    args,
    env: { ...programEnvironment(files.folder), ...env },
    ready: () => pingMysql({ ...user, timeoutMs: PING_TIMEOUT_MS }),
    answers: () => answersMysql({ ...user, timeoutMs: ANSWER_WITHIN_MS }),
    readyWithinMs: 60_000,
    stopWithinMs: STOP_WITHIN_MS,
    afterReady: async () => {
      if (keepersOfStores(plan).includes(name)) await context.storesPrepared(name)
    },
  }
}

/** All that have buckets of its store, or its group: those begin with the same in their folders. */
function alike(database: MysqlProgram, plan: Plan): readonly string[] {
  const { bucketsOf } = database
  if (bucketsOf === undefined) return groupOf(database, plan)
  return plan.programs.flatMap((other) => (other.kind === 'mysql' && other.bucketsOf === bucketsOf ? [other.name] : []))
}

function groupOf({ name, failover }: MysqlProgram, { programs }: Plan): readonly string[] {
  const keeper = programs.find((program) => program.name === failover)
  const groups = keeper?.kind === 'failover' ? keeper.groups : []
  return groups.find(({ databases }) => databases.includes(name))?.databases ?? [name]
}

const making = new Map<string, Promise<void>>()

/** Each asks for the folders of all that are alike, and starts when they are there: nothing is copied from a server that runs. */
function onceAtATime(folders: readonly string[], make: () => Promise<void>): Promise<void> {
  const group = folders.join()
  const made = making.get(group) ?? make().finally(() => making.delete(group))
  making.set(group, made)
  return made
}

/** What is moved off a server with some buckets, and what is lost with it, is found in its log. */
export function partIn(plan: Plan, database: MysqlProgram): Pick<Serving, 'memberNumber' | 'options'> {
  const { name, failover, bucketsOf } = database
  const options = bucketsOf === undefined ? {} : { options: BUCKETS_OPTIONS }
  return failover ? { memberNumber: groupOf(database, plan).indexOf(name) + 1, ...options } : options
}

export function bootstrapOf(database: MysqlProgram, secrets: Secrets): Bootstrap {
  const { failover, bucketsOf } = database
  return {
    database: 'shop',
    user: 'shop',
    password: databasePassword(secrets, storeOfServer(database)),
    ...(bucketsOf && { grantOn: [escapePattern('shop'), `${escapePattern('bucket_')}%`] }),
    ...(failover && { keeperPassword: secrets.replicationPassword }),
  }
}
