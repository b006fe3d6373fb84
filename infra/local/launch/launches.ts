import type { Program } from '../../stage/plan.ts'
import { appLaunch } from './app.ts'
import { bankLaunch } from './bank.ts'
import { consumersLaunch } from './consumers.ts'
import { failoverLaunch } from './failover.ts'
import { gatewayLaunch } from './gateway.ts'
import { haproxyLaunch } from './haproxy.ts'
import type { Launch } from './launch.ts'
import { mysqlLaunch } from './mysql.ts'
import { redisLaunch } from './redis.ts'
import { redisNodeLaunch } from './redis-node.ts'
import { sentinelLaunch } from './sentinel.ts'
import type { StageContext } from './stage-context.ts'

export type LaunchMaker = (program: Program, context: StageContext) => Promise<Launch>

/** Each kind of program has one file that says how it is prepared, started, asked and ended. */
export const makeLaunch: LaunchMaker = async (program, context) => {
  switch (program.kind) {
    case 'mysql':
      return mysqlLaunch(program, context)
    case 'failover':
      return failoverLaunch(program, context)
    case 'redis':
      return program.cluster ? redisNodeLaunch(program, program.cluster, context) : redisLaunch(program, context)
    case 'sentinel':
      return sentinelLaunch(program, context)
    case 'bank':
      return bankLaunch(program, context)
    case 'app':
    case 'worker':
      return appLaunch(program, context)
    case 'consumers':
      return consumersLaunch(program, context)
    case 'gateway':
      return gatewayLaunch(program, context)
    case 'haproxy':
      return haproxyLaunch(program, context)
  }
}
