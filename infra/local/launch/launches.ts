import type { OnProgress } from '../../servers/server-program.ts'
import type { Plan, Program } from '../../stage/plan.ts'
import type { Launch } from '../run/supervised-program.ts'
import type { StageFiles } from '../state/data-folder.ts'
import type { Secrets } from '../state/secrets.ts'
import type { Seed } from '../state/stage-state.ts'
import { appLaunch } from './app.ts'
import { bankLaunch } from './bank.ts'
import { failoverLaunch } from './failover.ts'
import { haproxyLaunch } from './haproxy.ts'
import { mysqlLaunch } from './mysql.ts'
import { redisLaunch } from './redis.ts'
import { sentinelLaunch } from './sentinel.ts'

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
