import path from 'node:path'
import { DEFAULT_USER_OFF, labUser, sentinelUserOfSentinel, serviceUserOfSentinel } from '../../redis/acl.ts'
import { sentinelConfig } from '../../redis/sentinel-config.ts'
import { requireWholeView } from '../../redis/sentinel-view.ts'
import { sentinelCommand, writeConfig } from '../../redis/server.ts'
import { locateServer } from '../../servers/locate-server.ts'
import type { Plan } from '../../stage/plan.ts'
import { clientsOf } from '../../stage/redis-clients.ts'
import type { SentinelProgram } from '../../stage/redis-programs.ts'
import { placeOf } from '../state/database-url.ts'
import { redisPassword, type Secrets } from '../state/secrets.ts'
import type { Launch } from './launch.ts'
import { firstPrimary } from './redis-primary.ts'
import { redisServer } from './redis-server.ts'
import type { StageContext } from './stage-context.ts'

/** It is ready once it knows the whole group: before that it could not replace a primary. */
export async function sentinelLaunch(
  program: SentinelProgram,
  { plan, files, secrets, onProgress }: StageContext,
): Promise<Launch> {
  const { name, port, group, quorum } = program
  const primary = placeOf(plan, firstPrimary(plan, files, group))
  const server = await locateServer('redis', { onProgress })
  const folder = path.join(files.data, name)
  const known = { port, folder, group, primary, quorum, sentinelPassword: secrets.sentinelPassword }
  const config = await writeConfig(folder, sentinelConfig({ ...known, users: usersOf(program, plan, secrets) }))
  const serving = redisServer(sentinelCommand(server, config), {
    port,
    files,
    secrets,
    ready: (redis) => requireWholeView(redis, group, sizeOf(group, plan)),
  })
  return { ...serving, stopWithinMs: 3_000 }
}

export function usersOf({ group }: Pick<SentinelProgram, 'group'>, plan: Plan, secrets: Secrets): string[] {
  const { sentinelPassword, labPassword } = secrets
  const services = clientsOf(plan, group).map(({ service }) =>
    serviceUserOfSentinel(service, redisPassword(secrets, group, service)),
  )
  return [DEFAULT_USER_OFF, labUser(labPassword), ...services, sentinelUserOfSentinel(sentinelPassword)]
}

function sizeOf(group: string, { programs }: Plan): { servers: number; sentinels: number } {
  const count = (kind: 'redis' | 'sentinel') => programs.filter((one) => one.kind === kind && one.group === group).length
  return { servers: count('redis'), sentinels: count('sentinel') }
}
