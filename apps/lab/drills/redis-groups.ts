/** What drills do to the Redis servers of a stage. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProgramState, StageState } from '../../../infra/local/state/stage-state.ts'
import { until } from '../../../infra/process/until.ts'
import type { RedisRole } from '../../../infra/stage/topology.ts'
import type { LossWindow } from '../invariants/sessions.ts'
import { ask, primariesAmong, redisOf, replicationOf } from '../runner/redis-servers.ts'
import type { Means } from './drill.ts'
import { eventNow, type FaultEvent } from './fault-events.ts'
import { programsOf, whileFrozen } from './programs.ts'
import { goOut } from './traffic/journeys.ts'

const POLL_MS = 50
const WHOLE_EVERY_MS = 200

export function missingRedis(role: RedisRole, servers: number): (stage: StageState) => string | undefined {
  return (stage) => {
    const found = redisOf(stage, role).length
    if (found >= servers) return undefined
    return `this drill needs ${servers} Redis servers for ${role}; stage ${stage.stage} has ${found}`
  }
}

export function missingCluster(stage: StageState): string | undefined {
  const isCluster = redisOf(stage, 'state').some(({ shard }) => shard !== undefined)
  return isCluster ? undefined : `this drill needs a Redis Cluster; stage ${stage.stage} has none`
}

/** Of a Cluster that of one shard, the first where none is named. Throws where there is none, or more than one. */
export async function redisPrimary(
  stage: StageState,
  role: RedisRole,
  shard = redisOf(stage, role)[0]?.shard,
): Promise<ProgramState> {
  const servers = redisOf(stage, role)
  const primaries = await primariesAmong(
    stage,
    servers.filter((server) => server.shard === shard),
  )
  const [primary, ...others] = primaries
  if (!primary || others.length > 0) throw new Error(`${primaries.length} Redis servers say that they are the primary`)
  return primary
}

/** Those that may take its place. */
function replicasOf(stage: StageState, { name, role = 'state', shard }: ProgramState): ProgramState[] {
  return redisOf(stage, role).filter((other) => other.name !== name && other.shard === shard)
}

/** For so long the primary takes writes that no replica receives; what began then is lost if it is. */
const ALONE_MS = 900
/** The stage declares that log-ins of the last second may be lost with the primary. */
const DECLARED_MS = 1_000

/** Some have their sessions on each of the servers. */
const LOG_OUTS = 12

type Alone = Pick<Means, 'rush'> & { fault(): Promise<void> }

/** Makes the fault when the replicas have missed the last of what the primary has taken. */
export async function whileAlone(stage: StageState, primary: ProgramState, { rush, fault }: Alone): Promise<void> {
  const replicas = replicasOf(stage, primary)
  // A frozen replica does not connect anew.
  await whileFrozen(replicas, async () => {
    await ask(stage, primary, (redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'replica'))
    rush(goOut, LOG_OUTS)
    await sleep(ALONE_MS)
    await fault()
  })
}

export function declaredLoss([fault]: readonly FaultEvent[]): LossWindow[] {
  return fault ? [{ from: fault.at - DECLARED_MS, to: fault.at }] : []
}

/** Notes when another server is the primary. Gives up after `withinMs`. */
export async function notePromotion(stage: StageState, was: ProgramState, events: FaultEvent[], withinMs: number): Promise<void> {
  const others = replicasOf(stage, was)
  const promoted = await until(async () => (await primariesAmong(stage, others))[0], { withinMs, everyMs: POLL_MS })
  if (promoted) events.push(eventNow(`${promoted.name} is the primary`, promoted.name))
}

/** Throws where they are not `withinMs`. */
export async function untilRedisWhole(stage: () => StageState, withinMs: number): Promise<void> {
  await until(() => areRedisWhole(stage()), {
    withinMs,
    everyMs: WHOLE_EVERY_MS,
    complaint: 'the Redis servers were not whole again',
  })
}

/** Whether every server answers, and those that are copied are a primary and replicas that are up to date with it: of a Cluster in each shard. */
async function areRedisWhole(stage: StageState): Promise<boolean> {
  const servers = programsOf(stage, 'redis')
  const infos = await Promise.all(servers.map((server) => replicationOf(stage, server).catch(() => '')))
  const copied = servers.flatMap((server, index) => (server.role === 'cache' ? [] : [{ ...server, info: infos[index] ?? '' }]))
  const groups = [...Map.groupBy(copied, ({ role, shard }) => `${role} ${shard}`).values()]
  return infos.every((info) => info !== '') && groups.every((group) => isGroupWhole(group.map(({ info }) => info)))
}

function isGroupWhole(infos: readonly string[]): boolean {
  const primaries = infos.filter((info) => /^role:master/m.test(info))
  const following = infos.filter((info) => /^role:slave/m.test(info) && /^master_link_status:up/m.test(info))
  return primaries.length === 1 && following.length === infos.length - 1
}
