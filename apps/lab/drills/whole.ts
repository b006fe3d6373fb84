import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { until } from '../../../infra/process/until.ts'
import { isGroupWhole } from './databases.ts'
import { untilRedisWhole } from './redis-groups.ts'
import { areShardsWhole } from './shards.ts'

const ASK_EVERY_MS = 200

/** Returns once every program is up and every group of servers has a primary and all its replicas. Throws what is still missing after `withinMs`. */
export async function untilWhole(stage: () => StageState, withinMs: number): Promise<void> {
  const soon = { withinMs, everyMs: ASK_EVERY_MS }
  const isUp = () => stage().programs.every(({ condition }) => condition === 'up')
  await until(isUp, { ...soon, complaint: 'not all programs were up again' })
  const areWhole = async () => (await isGroupWhole(stage())) && areShardsWhole(stage())
  const isWhole = () => areWhole().catch((error: Error) => error)
  await until(isWhole, { ...soon, complaint: 'the databases were not whole again' })
  await untilRedisWhole(stage, withinMs)
}
