import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { type KeeperConfig, keeperEnvironment } from '../../mysql/keeper/config.ts'
import { until } from '../../process/until.ts'
import { locateServer } from '../../servers/locate-server.ts'
import { listenAddress } from '../../stage/address.ts'
import type { DatabaseGroup, FailoverProgram } from '../../stage/plan.ts'
import { bucketSchemas } from '../../stage/topology.ts'
import type { StageFiles } from '../state/data-folder.ts'
import { placeOf } from '../state/database-url.ts'
import { rolesNow } from '../state/primary-database.ts'
import { answersHttp, checkHealth } from './health.ts'
import type { Launch } from './launch.ts'
import { nodeProgram } from './node-program.ts'
import type { StageContext } from './stage-context.ts'

const REPLICAS_WITHIN_MS = 60_000
const POLL_MS = 50

/** The keeper of groups. It is ready when each group has a primary; then the shop's tables are made there, and copied to the replicas. */
export async function failoverLaunch(program: FailoverProgram, context: StageContext): Promise<Launch> {
  const { files, onProgress, signal } = context
  const { name, port, groups } = program
  const { flavour, version } = await locateServer('mysql', { onProgress })
  const folder = path.join(files.data, name)
  await mkdir(folder, { recursive: true })
  const environment = environmentOf(program, { ...context, flavour, version, folder })
  return {
    ...(await nodeProgram('infra/mysql/keeper/main.ts', files.folder, environment)),
    ready: () => checkHealth(port, '/health'),
    answers: () => answersHttp(port, '/health'),
    readyWithinMs: 60_000,
    stopWithinMs: 5_000,
    afterReady: async () => {
      await context.storesPrepared(name)
      for (const group of groups) await untilReplicasServe(port, group, signal)
    },
  }
}

type Known = Pick<StageContext, 'plan' | 'secrets'> & Pick<KeeperConfig, 'flavour' | 'version'> & { readonly folder: string }

/** What a keeper is told of its groups; `folder` is where it writes down who takes the writes. */
export function environmentOf(program: FailoverProgram, { plan, secrets, flavour, version, folder }: Known) {
  const { name, port, groups, bucketsOf } = program
  const watched = groups.map((group) => ({
    name: group.name,
    members: group.databases.map((member) => ({ name: member, ...placeOf(plan, member) })),
    recordFile: recordIn(folder, name, group.name),
  }))
  const schemas = { made: 'shop', logged: bucketsOf ? bucketSchemas() : [] }
  const known = { host: listenAddress(plan), port, flavour, version, groups: watched, schemas, settings: plan.settings }
  return keeperEnvironment({ ...known, password: secrets.replicationPassword })
}

/** Who takes the writes of a group. */
export function recordOfGroup(files: StageFiles, keeper: string, group: string): string {
  return recordIn(path.join(files.data, keeper), keeper, group)
}

function recordIn(folder: string, keeper: string, group: string): string {
  return path.join(folder, group === keeper ? 'primary.json' : `${group}.json`)
}

/** The apps' first reads go to the replicas. */
async function untilReplicasServe(port: number, { name: group }: DatabaseGroup, signal: AbortSignal): Promise<void> {
  let behind: string[] = []
  const allServe = async () => {
    const { replicas } = await rolesNow(port, group)
    behind = replicas.filter(({ serving, lagMs }) => !serving || lagMs > 0).map(({ name }) => name)
    return behind.length === 0
  }
  const complaint = () => `${behind.join(' and ')} did not catch up`
  await until(allServe, { withinMs: REPLICAS_WITHIN_MS, everyMs: POLL_MS, complaint, signal })
}
