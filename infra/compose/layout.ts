/** A stage laid out for containers: for each a folder with how it is started, how its health is asked, and what it is told. */
import type { Program } from '../stage/plan.ts'
import type { Kind } from './places.ts'
import type { ComposeContext, ProgramFiles } from './program-files.ts'
import { haproxyFiles } from './programs/haproxy.ts'
import { mysqlFiles } from './programs/mysql.ts'
import { appFiles, bankFiles, consumersFiles, gatewayFiles, keeperFiles, prepareFiles } from './programs/node.ts'
import { redisFiles } from './programs/redis.ts'
import { sentinelFiles } from './programs/sentinel.ts'

export type LaidOut = { readonly name: string; readonly kind: Kind; readonly files: ProgramFiles }

/** The one-shot that comes before all apps. */
export const PREPARE = 'prepare'

export function layOut(context: ComposeContext): LaidOut[] {
  const programs = context.plan.programs.map((program) => {
    return { name: program.name, kind: kindOf(program), files: filesOf(program, context) }
  })
  return [...programs, { name: PREPARE, kind: 'node', files: prepareFiles(context) }]
}

const KIND_OF = {
  mysql: 'mysql',
  failover: 'node',
  redis: 'redis',
  sentinel: 'redis',
  bank: 'node',
  app: 'node',
  worker: 'node',
  consumers: 'node',
  gateway: 'node',
  haproxy: 'haproxy',
} as const satisfies Record<Program['kind'], Kind>

export function kindOf({ kind }: Pick<Program, 'kind'>): Kind {
  return KIND_OF[kind]
}

function filesOf(program: Program, context: ComposeContext): ProgramFiles {
  switch (program.kind) {
    case 'mysql':
      return mysqlFiles(program, context)
    case 'failover':
      return keeperFiles(program, context)
    case 'redis':
      return redisFiles(program, context)
    case 'sentinel':
      return sentinelFiles(program, context)
    case 'bank':
      return bankFiles(program, context)
    case 'app':
    case 'worker':
      return appFiles(program, context)
    case 'consumers':
      return consumersFiles(program, context)
    case 'gateway':
      return gatewayFiles(program, context)
    case 'haproxy':
      return haproxyFiles(program, context)
  }
}
