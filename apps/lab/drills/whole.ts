import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { isGroupWhole } from './databases.ts'
import { until } from './programs.ts'
import { areRedisWhole } from './redis-groups.ts'

const ASK_EVERY_MS = 200

/** Returns once every program is up and every group of servers has a primary and all its replicas. Throws what is still missing after `withinMs`. */
export async function untilWhole(stage: () => StageState, withinMs: number): Promise<void> {
  const times = { pollMs: ASK_EVERY_MS, withinMs }
  const isUp = () => stage().programs.every(({ condition }) => condition === 'up')
  await until(isUp, 'not all programs were up again', times)
  await until(() => isGroupWhole(stage()).catch(() => false), 'the databases were not whole again', times)
  await until(() => areRedisWhole(stage()).catch(() => false), 'the Redis servers were not whole again', times)
}
