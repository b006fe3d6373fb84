/** The Redis servers of a running stage, asked past the shop. */
import type { Redis } from 'ioredis'
import { secretsIn } from '../../../infra/local/state/secrets.ts'
import type { ProgramState, StageState } from '../../../infra/local/state/stage-state.ts'
import { askRedis } from '../../../infra/redis/server.ts'
import type { RedisRole } from '../../../infra/stage/topology.ts'

const TIMEOUT_MS = 1_000

export function redisOf(stage: StageState, role: RedisRole): ProgramState[] {
  return stage.programs.filter((program) => program.kind === 'redis' && program.role === role)
}

/** As the laboratory's own user, who may do everything. */
export function ask<Answer>(
  { secretsFile }: StageState,
  { port }: Pick<ProgramState, 'port'>,
  question: (redis: Redis) => Promise<Answer>,
  timeoutMs = TIMEOUT_MS,
): Promise<Answer> {
  const { labPassword } = secretsIn(secretsFile)
  return askRedis({ port, user: 'lab', password: labPassword, timeoutMs }, question)
}

/** Those that say that they are the primary of their group, or are alone. */
export async function primariesAmong(stage: StageState, servers: readonly ProgramState[]): Promise<ProgramState[]> {
  const infos = await Promise.all(servers.map((server) => replicationOf(stage, server).catch(() => '')))
  return servers.filter((_, index) => /^role:master/m.test(infos[index] ?? ''))
}

export function replicationOf(stage: StageState, server: ProgramState): Promise<string> {
  return ask(stage, server, (redis) => redis.info('replication'))
}
