import type { Plan, Program } from '../plan.ts'
import type { OnProgress } from '../servers/server-program.ts'
import { appLaunch } from './app-launch.ts'
import { bankLaunch } from './bank-launch.ts'
import type { StageFiles } from './data-folder.ts'
import { failoverLaunch } from './failover-launch.ts'
import { haproxyLaunch } from './haproxy-launch.ts'
import { mysqlLaunch } from './mysql-launch.ts'
import { redisLaunch } from './redis-launch.ts'
import type { Secrets } from './secrets.ts'
import { sentinelLaunch } from './sentinel-launch.ts'
import type { Seed } from './stage-state.ts'
import type { Launch } from './supervised-program.ts'

/** What a program may need to know about the stage that it is started in. */
export type StageContext = {
  readonly plan: Plan
  readonly files: StageFiles
  readonly secrets: Secrets
  readonly onProgress: OnProgress
  /** Aborted when the stage is stopped while it starts. */
  readonly signal: AbortSignal
  onSeed(seed: Seed): void
}

export type LaunchMaker = (program: Program, context: StageContext) => Promise<Launch>

/** Each kind of program has one file that says how it is prepared, started, asked and ended. */
export const makeLaunch: LaunchMaker = async (program, context) => {
  switch (program.kind) {
    case 'mysql':
      return mysqlLaunch(program, context)
    case 'failover':
      return failoverLaunch(program, context)
    case 'redis':
      return redisLaunch(program, context)
    case 'sentinel':
      return sentinelLaunch(program, context)
    case 'bank':
      return bankLaunch(program, context)
    case 'app':
    case 'worker':
      return appLaunch(program, context)
    case 'haproxy':
      return haproxyLaunch(program, context)
  }
}
