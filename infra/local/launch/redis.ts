import path from 'node:path'
import { DEFAULT_USER_OFF, labUser, replicationUser, sentinelUser, serviceUser } from '../../redis/acl.ts'
import { type GroupOptions, redisConfig } from '../../redis/config.ts'
import { redisCommand, writeConfig } from '../../redis/server.ts'
import { locateServer } from '../../servers/locate-server.ts'
import type { Plan } from '../../stage/plan.ts'
import { clientsOf } from '../../stage/redis-clients.ts'
import type { RedisProgram } from '../../stage/redis-programs.ts'
import { placeOf } from '../state/database-url.ts'
import { redisPassword, type Secrets } from '../state/secrets.ts'
import type { Launch } from './launch.ts'
import { firstPrimary } from './redis-primary.ts'
import { redisServer } from './redis-server.ts'
import type { StageContext } from './stage-context.ts'

/** A server alone, or one of a group: then who was its primary when the stage last ran is so again, and the others copy from it. */
export async function redisLaunch(program: RedisProgram, { plan, files, secrets, onProgress }: StageContext): Promise<Launch> {
  const { name, role, port, group } = program
  const primary = firstPrimary(plan, files, group)
  const server = await locateServer('redis', { onProgress })
  const folder = path.join(files.data, name)
  const config = await writeConfig(
    folder,
    redisConfig({ role, port, folder, users: usersOf(program, plan, secrets), ...groupOf(program, primary, plan, secrets) }),
  )
  const serving = redisServer(redisCommand(server, config), {
    port,
    files,
    secrets,
    ready: async (redis) => requireData(await redis.info('replication')),
  })
  return { ...serving, stopWithinMs: 5_000 }
}

export function usersOf({ role, group }: Pick<RedisProgram, 'role' | 'group'>, plan: Plan, secrets: Secrets): string[] {
  const services = clientsOf(plan, group).map((one) => serviceUser(one, role, redisPassword(secrets, group, one.service)))
  const common = [DEFAULT_USER_OFF, labUser(secrets.labPassword), ...services]
  if (role === 'cache') return common
  return [...common, replicationUser(secrets.redisReplicationPassword), sentinelUser(secrets.sentinelPassword)]
}

/** What it needs to be one of several; nothing where it is alone. */
export function groupOf({ name, group }: RedisProgram, primary: string, plan: Plan, secrets: Secrets): { group?: GroupOptions } {
  const replicas = plan.programs.filter((other) => other.kind === 'redis' && other.group === group).length - 1
  if (replicas === 0) return {}
  const follows = name === primary ? {} : { replicaOf: placeOf(plan, primary) }
  return { group: { replicas, replicationPassword: secrets.redisReplicationPassword, ...follows } }
}

function requireData(replication: string): void {
  if (/^role:slave/m.test(replication) && !/^master_link_status:up/m.test(replication))
    throw new Error('it has no copy of the data yet')
}
