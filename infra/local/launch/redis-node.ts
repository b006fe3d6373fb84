import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { DEFAULT_USER_OFF, labUser, replicationUser, serviceUserOfCluster } from '../../redis/acl.ts'
import { requireNode } from '../../redis/cluster-node.ts'
import { type ClusterNode, clusterRecords } from '../../redis/cluster-record.ts'
import { type GroupOptions, NODES_FILE, redisConfig } from '../../redis/config.ts'
import { redisCommand, writeConfig } from '../../redis/server.ts'
import { locateServer } from '../../servers/locate-server.ts'
import type { Plan } from '../../stage/plan.ts'
import { clientsOf } from '../../stage/redis-clients.ts'
import type { ClusterPlace, RedisProgram } from '../../stage/redis-programs.ts'
import type { StageFiles } from '../state/data-folder.ts'
import { redisPassword, type Secrets } from '../state/secrets.ts'
import type { Launch } from './launch.ts'
import { redisServer } from './redis-server.ts'
import type { StageContext } from './stage-context.ts'

/** A node of a Cluster. All of them start at once, each with a file that says who the others are. */
export async function redisNodeLaunch(
  program: RedisProgram,
  { busPort }: ClusterPlace,
  { plan, files, secrets, onProgress }: StageContext,
): Promise<Launch> {
  const { name, role, port, group } = program
  const nodes = nodesOf(plan, group)
  const record = recordsOf(plan, files, group, secrets).get(name) ?? ''
  const server = await locateServer('redis', { onProgress })
  const folder = path.join(files.data, name)
  const options = {
    role,
    port,
    folder,
    users: usersOf(program, plan, secrets),
    cluster: { busPort },
    ...replicationIn(nodes, secrets),
  }
  const config = await writeConfig(folder, redisConfig(options))
  await writeFile(path.join(folder, NODES_FILE), record, { mode: 0o600 })
  const serving = redisServer(redisCommand(server, config), { port, files, secrets, ready: requireNode })
  return { ...serving, stopWithinMs: 5_000 }
}

/** Of a node whose shard has others. */
export function replicationIn(nodes: readonly ClusterNode[], { redisReplicationPassword }: Secrets): { group?: GroupOptions } {
  const replicas = nodes.length / new Set(nodes.map(({ shard }) => shard)).size - 1
  return replicas > 0 ? { group: { replicas, replicationPassword: redisReplicationPassword } } : {}
}

export function usersOf({ role, group }: RedisProgram, plan: Plan, secrets: Secrets): string[] {
  const common = [DEFAULT_USER_OFF, labUser(secrets.labPassword), replicationUser(secrets.redisReplicationPassword)]
  const services = clientsOf(plan, group)
  return [...common, ...services.map((one) => serviceUserOfCluster(one, role, redisPassword(secrets, group, one.service)))]
}

const decided = new WeakMap<Plan, Map<string, ReadonlyMap<string, string>>>()

/** Decided once for all nodes, by files that each of them writes anew before the next asks: so ask before writing any. */
function recordsOf(plan: Plan, files: StageFiles, group: string, { clusterSeed }: Secrets): ReadonlyMap<string, string> {
  const known = decided.get(plan) ?? new Map<string, ReadonlyMap<string, string>>()
  decided.set(plan, known)
  const nodes = nodesOf(plan, group)
  const records = known.get(group) ?? clusterRecords(nodes, clusterSeed, recordsIn(files, nodes))
  known.set(group, records)
  return records
}

export function nodesOf({ programs }: Pick<Plan, 'programs'>, group: string): ClusterNode[] {
  return programs.flatMap((program) => {
    if (program.kind !== 'redis' || program.group !== group || !program.cluster) return []
    const { name, port, cluster } = program
    return [{ name, port, ...cluster }]
  })
}

function recordsIn(files: StageFiles, nodes: readonly ClusterNode[]): Map<string, string> {
  const found = nodes.map(({ name }) => [name, textOf(path.join(files.data, name, NODES_FILE))] as const)
  return new Map(found.flatMap(([name, text]) => (text ? [[name, text]] : [])))
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
