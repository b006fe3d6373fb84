import type { Drill } from './drill.ts'
import { fullDisk } from './faults/full-disk.ts'
import { hangApp } from './faults/hang-app.ts'
import { hangCache } from './faults/hang-cache.ts'
import { hangPrimary } from './faults/hang-primary.ts'
import { hangRedisState } from './faults/hang-redis-state.ts'
import { hangShard } from './faults/hang-shard.ts'
import { killApp } from './faults/kill-app.ts'
import { killBank } from './faults/kill-bank.ts'
import { killCataloguePrimary } from './faults/kill-catalogue-primary.ts'
import { killClusterMaster } from './faults/kill-cluster-master.ts'
import { killEdge } from './faults/kill-edge.ts'
import { killKeeper } from './faults/kill-keeper.ts'
import { killMover } from './faults/kill-mover.ts'
import { killMovingServer } from './faults/kill-moving-server.ts'
import { killPrimary } from './faults/kill-primary.ts'
import { killRedisCache } from './faults/kill-redis-cache.ts'
import { killRedisState } from './faults/kill-redis-state.ts'
import { killShard } from './faults/kill-shard.ts'
import { killWorker } from './faults/kill-worker.ts'
import { lagReplica } from './faults/lag-replica.ts'
import { moveBucket } from './faults/move-bucket.ts'
import { moveSlots } from './faults/move-slots.ts'
import { rogueWrite } from './faults/rogue-write.ts'
import { rollingRestart } from './faults/rolling-restart.ts'
import { deployServices } from './faults/services/deploy.ts'
import { failingCompensation } from './faults/services/failing-compensation.ts'
import { flushRedisEvents } from './faults/services/flush-redis-events.ts'
import { hangService } from './faults/services/hang-service.ts'
import { killConsumer } from './faults/services/kill-consumer.ts'
import { killDatabase } from './faults/services/kill-database.ts'
import { killGateway } from './faults/services/kill-gateway.ts'
import { killRedisEvents } from './faults/services/kill-redis-events.ts'
import { killRelay } from './faults/services/kill-relay.ts'
import { killService } from './faults/services/kill-service.ts'
import { lostReply } from './faults/services/lost-reply.ts'
import { retryStorm } from './faults/services/retry-storm.ts'
import { scaleService } from './faults/services/scale-service.ts'
import { slowPayments } from './faults/services/slow-payments.ts'

/** Each has a file of its name among the faults, those of services in a folder of their own. */
export const DRILLS = {
  'rolling-restart': rollingRestart,
  'kill-app': killApp,
  'hang-app': hangApp,
  'kill-edge': killEdge,
  'kill-bank': killBank,
  'kill-worker': killWorker,
  'kill-keeper': killKeeper,
  'kill-primary': killPrimary,
  'hang-primary': hangPrimary,
  'lag-replica': lagReplica,
  'kill-redis-cache': killRedisCache,
  'hang-cache': hangCache,
  'kill-redis-state': killRedisState,
  'hang-redis-state': hangRedisState,
  'kill-cluster-master': killClusterMaster,
  'kill-catalogue-primary': killCataloguePrimary,
  'kill-shard': killShard,
  'hang-shard': hangShard,
  'move-bucket': moveBucket,
  'kill-mover': killMover,
  'kill-moving-server': killMovingServer,
  'rogue-write': rogueWrite,
  'move-slots': moveSlots,
  'scale-service': scaleService,
  deploy: deployServices,
  'kill-service': killService,
  'hang-service': hangService,
  'slow-payments': slowPayments,
  'failing-compensation': failingCompensation,
  'lost-reply': lostReply,
  'retry-storm': retryStorm,
  'kill-gateway': killGateway,
  'kill-database': killDatabase,
  'kill-relay': killRelay,
  'kill-consumer': killConsumer,
  'kill-redis-events': killRedisEvents,
  'flush-redis-events': flushRedisEvents,
  'full-disk': fullDisk,
} as const satisfies Record<string, Drill>

export type DrillName = keyof typeof DRILLS
