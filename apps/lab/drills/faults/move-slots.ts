import { setTimeout as sleep } from 'node:timers/promises'
import type { StageState } from '../../../../infra/local/state/stage-state.ts'
import { redisOf } from '../../runner/redis-servers.ts'
import type { Drill } from '../drill.ts'
import { eventNow } from '../fault-events.ts'
import { startMover } from '../moves/mover.ts'
import { missingRunner } from '../programs.ts'
import { missingCluster, redisPrimary } from '../redis-groups.ts'

/** To each shard in its turn, so that all have about as many in the end. */
const SLOTS = { full: 2_000, small: 300 }
const PAUSE_MS = 500
/** What it says from time to time. */
const UNDER_WAY = 'slots'

/** Sessions are in slots of a Cluster; those go to another server while people come and go. */
export const moveSlots: Drill = {
  summary:
    'slots with sessions go to other servers of their Cluster, and their mover ends with KILL once; no request fails, no ended session is accepted.',
  missing: (stage) => missingCluster(stage) ?? missingRunner(stage),
  limitsMs: { writes: 0, pages: 0, loggedIn: 0 },
  async inject(stage, events, means) {
    const slots = String(means.isSmall ? SLOTS.small : SLOTS.full)
    for (const [index, shard] of shardsOf(stage()).entries()) {
      const to = (await redisPrimary(stage(), 'state', shard)).name
      const args = [String(stage().stage), '--redis', 'state', '--slots', slots, '--to', to]
      events.push(eventNow(`${slots} slots begin to move to ${to}`, to))
      if (index === 0) {
        const mover = startMover(args)
        await mover.saying(UNDER_WAY)
        await mover.kill()
        events.push(eventNow('KILL to their mover', 'reshard'))
        await sleep(PAUSE_MS)
      }
      const { status, out, error } = await startMover(args).ended
      if (status === 0) means.figures.push(out.trim())
      else means.wrong.push(`slots were not moved to ${to}: ${error.trim().split('\n').at(-1)}`)
    }
  },
  unprotected: [{ set: ['moves=unfenced'], finds: 'session lost' }],
}

function shardsOf(stage: StageState): number[] {
  return [...new Set(redisOf(stage, 'state').flatMap(({ shard }) => shard ?? []))]
}
