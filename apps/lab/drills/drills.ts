import type { Drill } from './drill.ts'
import { hangPrimary } from './hang-primary.ts'
import { hangRedisState } from './hang-redis-state.ts'
import { killApp } from './kill-app.ts'
import { killPrimary } from './kill-primary.ts'
import { killRedisCache } from './kill-redis-cache.ts'
import { killRedisState } from './kill-redis-state.ts'
import { lagReplica } from './lag-replica.ts'
import { rollingRestart } from './rolling-restart.ts'

/** Each has a file of its name. */
export const DRILLS = {
  'rolling-restart': rollingRestart,
  'kill-app': killApp,
  'kill-primary': killPrimary,
  'hang-primary': hangPrimary,
  'lag-replica': lagReplica,
  'kill-redis-cache': killRedisCache,
  'kill-redis-state': killRedisState,
  'hang-redis-state': hangRedisState,
} as const satisfies Record<string, Drill>

export type DrillName = keyof typeof DRILLS
