import { identityOf } from '../../process/process-table.ts'
import { type Plan, type Program, storesIn } from '../../stage/plan.ts'
import type { StageFiles } from '../state/data-folder.ts'
import { databaseUrl, httpUrlOf, shardOf } from '../state/database-url.ts'
import { redisUrls } from '../state/redis-url.ts'
import type { Secrets } from '../state/secrets.ts'
import type { ProgramState, StageState } from '../state/stage-state.ts'
import type { SupervisedProgram } from './supervised-program.ts'

/** A program that somebody keeps running; in a container, where it has one. */
export type Watched = Pick<SupervisedProgram, 'identity' | 'restarts' | 'condition' | 'silentSince'> & {
  readonly container?: string
}

/** What changes while it runs. */
export type Told = Pick<StageState, 'startedAt' | 'ready' | 'seed' | 'hosts' | 'planAnswer'>

type Known = {
  readonly plan: Plan
  readonly files: StageFiles
  readonly secrets: Secrets
  readonly unsizedBecause: string | undefined
  readonly supervised: ReadonlyMap<string, Watched>
  readonly told: Told
}

/** What a running stage tells others about itself. */
export function describeStage({ plan, files, secrets, supervised, unsizedBecause, told }: Known): StageState {
  const runner = identityOf(process.pid) ?? { pid: process.pid, startTime: '' }
  const of = (kind: Program['kind']) => plan.programs.filter((program) => program.kind === kind)
  return {
    stage: plan.stage,
    name: plan.name,
    url: plan.url,
    secretsFile: files.secrets,
    settings: plan.settings,
    runner,
    ...told,
    ...(unsizedBecause && { unsizedBecause }),
    programs: plan.programs.flatMap((program) => programState(program, supervised.get(program.name))),
    stores: storesIn(plan),
    databases: of('mysql').map(({ name }) => {
      return { name, url: databaseUrl(plan, name, secrets), shard: shardOf(plan, name) }
    }),
    redis: redisUrls(plan, secrets),
    bank: of('bank')
      .map(({ name }) => httpUrlOf(plan, name))
      .join(),
  }
}

function programState(program: Program, supervised: Watched | undefined): ProgramState[] {
  if (!supervised) return []
  const { name, kind, host, port } = program
  const { pid, startTime } = supervised.identity ?? { pid: 0, startTime: '' }
  const role = program.kind === 'redis' ? { role: program.role, ...(program.cluster && { shard: program.cluster.shard }) } : {}
  const { restarts, condition, silentSince, container } = supervised
  const silence = silentSince === undefined ? {} : { silentSince: silentSince.toISOString() }
  const place = container === undefined ? {} : { container }
  const build = program.kind === 'app' && program.build ? { build: program.build.name } : {}
  return [{ name, kind, ...role, host, ...place, pid, startTime, port, restarts, condition, ...silence, ...build }]
}
