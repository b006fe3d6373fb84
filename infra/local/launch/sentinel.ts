import path from 'node:path'
import { programEnvironment } from '../../process/command.ts'
import { DEFAULT_USER_OFF, labUser, sentinelUserOfSentinel, shopUserOfSentinel } from '../../redis/acl.ts'
import { sentinelConfig } from '../../redis/sentinel-config.ts'
import { requireWholeView } from '../../redis/sentinel-view.ts'
import { answersRedis, askRedis, sentinelCommand, writeConfig } from '../../redis/server.ts'
import { locateServer } from '../../servers/locate-server.ts'
import type { Plan } from '../../stage/plan.ts'
import type { SentinelProgram } from '../../stage/redis-programs.ts'
import { portOf } from '../state/database-url.ts'
import type { Secrets } from '../state/secrets.ts'
import { ANSWER_WITHIN_MS, type Launch } from './launch.ts'
import { firstPrimary } from './redis-primary.ts'
import type { StageContext } from './stage-context.ts'

const ASK_TIMEOUT_MS = 1_000

/** It is ready once it knows the whole group: before that it could not replace a primary. */
export async function sentinelLaunch(
  program: SentinelProgram,
  { plan, files, secrets, onProgress }: StageContext,
): Promise<Launch> {
  const { name, port, group, quorum } = program
  const primaryPort = portOf(plan, firstPrimary(plan, files, group))
  const server = await locateServer('redis', { onProgress })
  const folder = path.join(files.data, name)
  const known = { port, folder, group, primaryPort, quorum, sentinelPassword: secrets.sentinelPassword }
  const config = await writeConfig(folder, sentinelConfig({ ...known, users: usersOf(secrets) }))
  const { path: binary, args, env } = sentinelCommand(server, config)
  const lab = { port, user: 'lab', password: secrets.labPassword, timeoutMs: ASK_TIMEOUT_MS }
  return {
    path: binary,
    args,
    env: { ...programEnvironment(files.folder), ...env },
    ready: () => askRedis(lab, (redis) => requireWholeView(redis, group, sizeOf(group, plan))),
    answers: () => answersRedis({ port, timeoutMs: ANSWER_WITHIN_MS }),
    readyWithinMs: 30_000,
    stopWithinMs: 3_000,
  }
}

function usersOf({ statePassword, sentinelPassword, labPassword }: Secrets): string[] {
  return [DEFAULT_USER_OFF, labUser(labPassword), shopUserOfSentinel(statePassword), sentinelUserOfSentinel(sentinelPassword)]
}

function sizeOf(group: string, { programs }: Plan): { servers: number; sentinels: number } {
  const count = (kind: 'redis' | 'sentinel') => programs.filter((one) => one.kind === kind && one.group === group).length
  return { servers: count('redis'), sentinels: count('sentinel') }
}
