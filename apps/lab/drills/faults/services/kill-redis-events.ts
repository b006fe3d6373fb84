import type { Drill } from '../../drill.ts'
import { hearOf, missingEvents } from '../../heard.ts'
import { loseRedisPrimary } from '../../lose-redis-primary.ts'
import { programsOf, whileFrozen } from '../../programs.ts'
import { missingRedis, redisPrimary } from '../../redis-groups.ts'

/** Everybody looks for the new primary first, BullMQ with a connection of its own. */
const FOUND_WITHIN_MS = 15_000

const needsReplica = missingRedis('events', 2)

/** Its replica takes over without the last of the stream; the relay sees where that ends, and sends the rest again. */
export const killRedisEvents: Drill = {
  summary:
    'consumers are behind and the replica receives nothing, then KILL to the primary for events; each event has its effect.',
  missing: (stage) => missingEvents(stage) ?? needsReplica(stage),
  limitsMs: { writes: 0, pages: 0, loggedIn: 0 },
  async inject(stage, events, means) {
    const { figures, wrong } = means
    // What they had read already would not be missed.
    const behind = programsOf(stage(), 'consumers')
    const primary = await redisPrimary(stage(), 'events')
    await whileFrozen(behind, () => loseRedisPrimary(primary, { stage, events, ...means }))
    await hearOf('the other server took over', stage(), { figures, wrong, withinMs: FOUND_WITHIN_MS })
  },
  unprotected: [{ set: ['resend=off'], finds: 'event not handled' }],
}
