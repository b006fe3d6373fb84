/**
 * A plan is a stage laid out on one machine: which programs run on which host, on which port, after which others.
 * It is pure data, so that the runner, `status`, the drills and the reports all speak of the same names.
 */
import type { Runtime } from './address.ts'
import {
  type AppProgram,
  appPrograms,
  type Builds,
  type Callers,
  type ConsumersProgram,
  callersIn,
  consumersPrograms,
  type GatewayProgram,
  gatewayPrograms,
} from './app-programs.ts'
import { boxesOf } from './boxes.ts'
import { type Common, copiesOf, type Ports, placeOf, portsOf, programNamesOf } from './placement.ts'
import { clusterPrograms, type RedisProgram, redisPrograms, type SentinelProgram } from './redis-programs.ts'
import { rootsOf } from './roots.ts'
import { type Settings, settingsOf } from './settings.ts'
import { type HeldStore, heldStores } from './store-addresses.ts'
import type { Box, Buckets, Mysql, Stage } from './topology.ts'
import { refuseUnmetNeeds } from './unmet-needs.ts'

/** A program that runs on a host; its name is unique in the stage and is what `x-served-by`, logs and drills say. */
export type Program =
  | MysqlProgram
  | FailoverProgram
  | RedisProgram
  | SentinelProgram
  | BankProgram
  | AppProgram
  | ConsumersProgram
  | GatewayProgram
  | HaproxyProgram

/**
 * A member of a group with a primary is told who it is by the group's failover; one that is in no group takes writes from the start.
 * `bucketsOf` is the store of which it has some buckets, as the `shard` or as one of its servers.
 */
export type MysqlProgram = Common & {
  readonly kind: 'mysql'
  readonly replicaOf?: string
  readonly failover?: string
  readonly bucketsOf?: string
  readonly shard?: string
}
/** Of each group the one that is primary at first, then its replicas. */
export type FailoverProgram = Common & {
  readonly kind: 'failover'
  readonly groups: readonly DatabaseGroup[]
  readonly bucketsOf?: string
}
export type DatabaseGroup = { readonly name: string; readonly databases: readonly string[] }
export type BankProgram = Common & { readonly kind: 'bank' }
export type HaproxyProgram = Common & { readonly kind: 'haproxy'; readonly to: readonly string[] }

type HostPlan = {
  readonly name: string
  /** False for what belongs to somebody else (the bank): it gets no CPU limit. */
  readonly sized: boolean
  readonly programs: readonly string[]
}

export type Plan = {
  readonly stage: number
  readonly name: string
  readonly url: string
  readonly runtime: Runtime
  readonly settings: Settings
  readonly hosts: readonly HostPlan[]
  readonly programs: readonly Program[]
}

export type PlanOptions = {
  /** First port of the block: the entry of stage N listens on base + N, the rest on base + 100 N + 1 and up. */
  readonly portBase: number
  /** `local` unless it says otherwise. */
  readonly runtime?: Runtime
  /** `name=value` pairs from `--set`. */
  readonly set?: readonly string[]
  /** `name=value` pairs that were asked for while the stage ran. */
  readonly changed?: readonly string[]
  /** What was added to the page's shards while the stage ran, and taken away. */
  readonly resharding?: Resharding
  /** Of copies that were deployed while the stage ran. */
  readonly builds?: Builds
}
export type Resharding = { readonly added: readonly string[]; readonly removed: readonly string[] }

export function planOf(
  stage: Stage,
  { portBase, runtime = 'local', set = [], changed = [], resharding, builds = {} }: PlanOptions,
): Plan {
  const settings = settingsOf(stage.settings, [...set, ...changed])
  const own = rootsOf(stage, settingsOf(stage.settings, set))
  const now = rootsOf(stage, settings, (names) => (resharding ? resharded(names, resharding) : names))
  const boxes = boxesOf(...now)
  refuseUnmetNeeds(stage.name, { settings, asked: [...set, ...changed] }, boxes)
  refuseSharedNames(stage.name, boxes)
  const ports = portsOf(stage.number, { own, now }, portBase)
  const surroundings = surroundingsOf(boxes)
  const programs = boxes.flatMap((box) => programsOf(box, ports, surroundings)).map((program) => builtOf(program, builds))
  const url = `http://127.0.0.1:${portBase + stage.number}`
  return { stage: stage.number, name: stage.name, url, runtime, settings, hosts: hostsOf(programs), programs }
}

function builtOf(program: Program, builds: Builds): Program {
  const build = program.kind === 'app' ? builds[program.name] : undefined
  return build === undefined || program.kind !== 'app' ? program : { ...program, build }
}

function resharded(own: readonly string[], { added, removed }: Resharding): string[] {
  return [...new Set([...own, ...added])].filter((name) => !removed.includes(name))
}

/** Without workers, which have what their apps have. */
export function appsOf({ programs }: Plan): AppProgram[] {
  return programs.flatMap((program) => (program.kind === 'app' ? [program] : []))
}

/** Each store once, whoever has rows in it. */
export function storesIn(plan: Plan): HeldStore[] {
  const consumers = plan.programs.flatMap((program) => (program.kind === 'consumers' ? [program.data] : []))
  return [...heldStores(appsOf(plan)), ...consumers.slice(0, 1).map((store) => ({ ...store, holds: [] }))]
}

/** A name is a folder, a log and a port: a second group of Redis servers brings Sentinels of the same names. */
function refuseSharedNames(stageName: string, boxes: readonly Box[]): void {
  const names = boxes.flatMap(programNamesOf)
  const shared = names.find((name, index) => names.indexOf(name) !== index)
  if (shared !== undefined) throw new Error(`stage ${stageName} has two programs called ${shared}`)
}

/** What the boxes say of each other in the direction against the arrows. */
type Surroundings = {
  readonly behindProxy: ReadonlySet<Box>
  readonly callers: Callers
  readonly failoverOf: ReadonlyMap<Mysql, string>
  readonly shardOf: ReadonlyMap<Mysql, Pick<MysqlProgram, 'bucketsOf' | 'shard' | 'failover'>>
}

function surroundingsOf(boxes: readonly Box[]): Surroundings {
  const behindProxy = new Set(boxes.flatMap((box) => (box.kind === 'load-balancer' ? [box.to] : [])))
  const groups = boxes.filter((box) => box.kind === 'failover')
  const failoverOf = new Map(
    groups.flatMap(({ name, primary, replicas }) => [primary, ...replicas].map((one) => [one, name] as const)),
  )
  const spread = boxes.filter((box) => box.kind === 'buckets')
  const shardOf = new Map(
    spread.flatMap(({ name, on, keeper }) =>
      on.flatMap(({ name: shard, servers }) => {
        const part = { bucketsOf: name, shard, ...(keeper && { failover: keeper.name }) }
        return servers.map((server) => [server, part] as const)
      }),
    ),
  )
  return { behindProxy, callers: callersIn(boxes), failoverOf, shardOf }
}

function programsOf(box: Box, ports: Ports, surroundings: Surroundings): Program[] {
  switch (box.kind) {
    case 'bank':
      return [{ ...placeOf(box, ports), kind: box.kind, after: [] }]
    case 'mysql':
      return [mysqlProgram(box, ports, surroundings)]
    case 'buckets':
      return bucketsKeeper(box, ports)
    case 'failover': {
      const databases = [box.primary, ...box.replicas].map(({ name }) => name)
      return [{ ...placeOf(box, ports), kind: box.kind, after: databases, groups: [{ name: box.name, databases }] }]
    }
    case 'redis':
      return redisPrograms(box, ports)
    case 'redis-cluster':
      return clusterPrograms(box, ports)
    case 'app':
      return appPrograms(box, ports, { ...surroundings, behindProxy: surroundings.behindProxy.has(box) })
    case 'consumers':
      return consumersPrograms(box, ports)
    case 'gateway':
      return gatewayPrograms(box, ports, { behindProxy: surroundings.behindProxy.has(box) })
    case 'load-balancer': {
      const to = copiesOf(box.to).map(({ name }) => name)
      return [{ ...placeOf(box, ports), kind: 'haproxy', after: to, to }]
    }
  }
}

function mysqlProgram(box: Mysql, ports: Ports, { failoverOf, shardOf }: Surroundings): Program {
  const [replicaOf, failover] = [box.replicaOf?.name, failoverOf.get(box)]
  const place = { ...placeOf(box, ports), kind: box.kind, after: [] }
  return { ...place, ...(replicaOf && { replicaOf }), ...(failover && { failover }), ...shardOf.get(box) }
}

function bucketsKeeper({ name: bucketsOf, on, keeper }: Buckets, ports: Ports): FailoverProgram[] {
  if (!keeper) return []
  const groups = on.map(({ name, servers }) => ({ name, databases: servers.map((server) => server.name) }))
  const after = groups.flatMap(({ databases }) => databases)
  return [{ ...placeOf({ name: keeper.name, host: keeper }, ports), kind: 'failover', after, groups, bucketsOf }]
}

function hostsOf(programs: readonly Program[]): HostPlan[] {
  const names = [...new Set(programs.map((program) => program.host))]
  return names.map((name) => {
    const own = programs.filter((program) => program.host === name)
    return { name, sized: own.every((program) => program.kind !== 'bank'), programs: own.map((program) => program.name) }
  })
}
