/** What Compose is told of each container of a stage; what all containers of a kind have in common the file says once. */
import { keepersOfStores } from '../local/launch/prepare-shop.ts'
import { profileOf, serviceOf } from '../stage/address.ts'
import type { Plan, Program } from '../stage/plan.ts'
import { kindOf, PREPARE } from './layout.ts'
import { DATA, KEY, KINDS, type Kind, MYSQL_DATA, OUT, OUTBOX, STAGE } from './places.ts'

export type Service = {
  readonly name: string
  /** The part of the file in which it stands what it has in common with others. */
  readonly like: 'set-up' | 'once' | Kind
  readonly profile: string
  readonly hostname?: string
  readonly command?: string
  readonly port?: number
  readonly tiers: readonly Tier[]
  /** Each `name:folder`, `:ro` where it is only read; names are of volumes. */
  readonly volumes: readonly string[]
  readonly after: readonly After[]
}

/** Who is in none of another's networks cannot reach it. From the first one a port is published; the others have no way out. */
export const TIERS = ['front', 'apps', 'data', 'bank'] as const
export type Tier = (typeof TIERS)[number]

/** `done`: it has ended, and well. */
export type After = { readonly service: string; readonly is: 'healthy' | 'done' }

const SET_UP = 'set-up'

export function servicesOf(plan: Plan): Service[] {
  const programs = plan.programs.filter(({ kind }) => !['app', 'worker', 'consumers', 'gateway', 'haproxy'].includes(kind))
  const rest = plan.programs.filter((program) => !programs.includes(program))
  return [
    setUp(plan),
    ...programs.map((one) => serviceFor(one, plan)),
    prepare(plan),
    ...rest.map((one) => serviceFor(one, plan)),
  ]
}

/** Lays everything out that the others read. */
function setUp(plan: Plan): Service {
  const told = KINDS.filter((kind) => kind === 'node' || plan.programs.some((program) => kindOf(program) === kind))
  const volumes = told.map((kind) => `${serviceOf(plan, kind)}:${OUT}/${kind}`)
  const own = { name: serviceOf(plan, SET_UP), like: 'set-up', profile: profileOf(plan) } as const
  return { ...own, command: plan.name, tiers: [], volumes: [`${serviceOf(plan, 'key')}:${KEY}`, ...volumes], after: [] }
}

/** Makes tables and demo data, once those who take writes do. */
function prepare(plan: Plan): Service {
  const after = keepersOfStores(plan).map((name): After => ({ service: serviceOf(plan, name), is: 'healthy' }))
  const own = { name: serviceOf(plan, PREPARE), like: 'once', profile: profileOf(plan), hostname: PREPARE } as const
  return { ...own, tiers: ['data'], volumes: [toldOf(plan, 'node')], after }
}

function serviceFor(program: Program, plan: Plan): Service {
  const kind = kindOf(program)
  return {
    name: serviceOf(plan, program.name),
    like: kind,
    profile: profileOf(plan),
    hostname: program.name,
    ...(isEntry(plan, program) && { port: program.port }),
    tiers: tiersOf(program, plan),
    volumes: [toldOf(plan, kind), ...keptBy(program, plan)],
    after: afterOf(program, plan),
  }
}

/** What clients talk to. */
export function isEntry({ url }: Plan, { port }: Program): boolean {
  return url.endsWith(`:${port}`)
}

function toldOf(plan: Plan, kind: Kind): string {
  return `${serviceOf(plan, kind)}:${STAGE}:ro`
}

/** What is there again after it was taken down and up. */
function keptBy({ kind, name }: Program, plan: Plan): string[] {
  if (kind === 'haproxy' || kind === 'gateway') return []
  if (kind === 'app' || kind === 'worker' || kind === 'consumers') return [`${serviceOf(plan, 'outbox')}:${OUTBOX}`]
  return [`${serviceOf(plan, name)}:${kind === 'mysql' ? MYSQL_DATA : DATA}`]
}

/** Only what clients talk to is in `front`, from which there is a way out. */
function tiersOf(program: Program, plan: Plan): Tier[] {
  const door = isEntry(plan, program) ? 'front' : 'apps'
  if (program.kind === 'haproxy') return ['front', 'apps']
  if (program.kind === 'gateway' || program.kind === 'consumers') return [door, 'data']
  if (program.kind === 'app') return [door, 'data', ...(program.bank ? (['bank'] as const) : [])]
  if (program.kind === 'worker') return ['data', 'bank']
  return program.kind === 'bank' ? ['bank'] : ['data']
}

/** Tables are made by then, so the databases are there too. */
function afterOf(program: Program, plan: Plan): After[] {
  const isApp = program.kind === 'app' || program.kind === 'worker' || program.kind === 'consumers'
  const isDatabase = (name: string) => plan.programs.some(({ name: other, kind }) => other === name && isOfDatabases(kind))
  const needed = program.after.filter((name) => !isApp || !isDatabase(name))
  const healthy = needed.map((name): After => ({ service: serviceOf(plan, name), is: 'healthy' }))
  const first = isApp ? PREPARE : program.after.length === 0 ? SET_UP : undefined
  return [...(first === undefined ? [] : [{ service: serviceOf(plan, first), is: 'done' } as const]), ...healthy]
}

function isOfDatabases(kind: Program['kind']): boolean {
  return kind === 'mysql' || kind === 'failover'
}
