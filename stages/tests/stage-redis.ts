/** The Redis servers of a stage that runs for tests, asked as the laboratory's own user, who may do everything. */
import type { Redis } from 'ioredis'
import { ask as askServer } from '../../apps/lab/runner/redis-servers.ts'
import type { ProgramState } from '../../infra/local/state/stage-state.ts'
import type { RedisRole } from '../../infra/stage/topology.ts'
import { type RunningStage, stateOf } from './running-stages.ts'

const TIMEOUT_MS = 5_000

/** Only primaries are asked. */
export async function askEach<Answer>(
  stage: RunningStage,
  roles: readonly RedisRole[],
  ask: (redis: Redis) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = []
  for (const server of stateOf(stage).programs) {
    if (server.role === undefined || !roles.includes(server.role)) continue
    await askAt(stage, server.port, async (redis) => {
      if ((await redis.role())[0] === 'master') answers.push(await ask(redis))
    })
  }
  return answers
}

export function askAt<Answer>(stage: RunningStage, port: number, ask: (redis: Redis) => Promise<Answer>): Promise<Answer> {
  return askServer(stateOf(stage), { port }, ask, TIMEOUT_MS)
}

/** The server that takes the writes of this role. */
export async function primaryOf(stage: RunningStage, role: RedisRole): Promise<ProgramState> {
  for (const server of stateOf(stage).programs) {
    if (server.role === role && (await askAt(stage, server.port, (redis) => redis.role()))[0] === 'master') return server
  }
  throw new Error(`no Redis takes the writes of ${role}`)
}
