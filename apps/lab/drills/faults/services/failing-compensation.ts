import { setTimeout as sleep } from 'node:timers/promises'
import type { StageState } from '../../../../../infra/local/state/stage-state.ts'
import { until } from '../../../../../infra/process/until.ts'
import { urlWith } from '../../../events/places.ts'
import { snapshotOf } from '../../../invariants/stage-snapshot.ts'
import { withDatabase } from '../../../runner/database.ts'
import type { Drill, Means } from '../../drill.ts'
import { eventNow } from '../../fault-events.ts'
import { refuseReturns, takeReturns } from '../../queries.ts'
import { missingServices } from '../../services.ts'
import { orderAndCancel } from '../../traffic/journeys.ts'
import { whileRushing } from '../../traffic/rushing.ts'

/** The sweeper tries ten times and more. */
const FAILING_MS = 15_000
const MORE = { journey: orderAndCancel, times: 5, everyMs: 500 }
const CUSTOMERS = 100
/** So many orders at the least wait for their pieces to go back; else nothing was shown. */
const LEAST_OWED = 20
/** After the end, for those of which the pieces were not back then. */
const IN_LIMBO_MOST_MS = 60_000
const LOOK_EVERY_MS = 500

/** What a saga takes back it cannot take back for a while: the shelf refuses it. Orders and cancellations go on. */
export const failingCompensation: Drill = {
  summary: `the shelf takes nothing back for ${FAILING_MS / 1_000} s while people cancel; no request fails, and ${IN_LIMBO_MOST_MS / 1_000} s later no order is left half done.`,
  missing: missingServices,
  limitsMs: { writes: 0, pages: 0, loggedIn: 0 },
  customers: CUSTOMERS,
  async prepare(stage) {
    return () => withShelf(stage(), takeReturns)
  },
  async inject(stage, events, means) {
    await withShelf(stage(), refuseReturns)
    events.push(eventNow('the shelf takes nothing back', 'products'))
    await whileRushing(means.rush, MORE, () => sleep(FAILING_MS))
    const owed = await halfDone(stage())
    await withShelf(stage(), takeReturns)
    events.push(eventNow('the shelf takes pieces back again', 'products'))
    await judgeLimbo(stage, owed, means)
  },
  unprotected: [{ set: ['sweep=off'], finds: 'orders were left half done' }],
}

async function judgeLimbo(stage: () => StageState, owed: readonly string[], { figures, wrong }: Means): Promise<void> {
  const startedAt = performance.now()
  let left = owed
  const areDone = async () => {
    const now = new Set(await halfDone(stage()))
    left = left.filter((id) => now.has(id))
    return left.length === 0
  }
  await until(areDone, { withinMs: IN_LIMBO_MOST_MS, everyMs: LOOK_EVERY_MS })
  const tookMs = Math.round(performance.now() - startedAt)
  figures.push(
    `${owed.length} orders were half done when the shelf took pieces back again, ${left.length} of them ${tookMs} ms later`,
  )
  if (owed.length < LEAST_OWED)
    wrong.push(`${owed.length} orders were half done while the shelf took nothing back, and ${LEAST_OWED} are needed`)
  if (left.length > 0) wrong.push(`${left.length} orders were left half done for ${IN_LIMBO_MOST_MS / 1_000} s`)
}

async function halfDone(stage: StageState): Promise<readonly string[]> {
  return (await snapshotOf(stage)).underWay
}

async function withShelf(stage: StageState, work: Parameters<typeof withDatabase<void>>[1]): Promise<void> {
  const url = await urlWith(stage, 'reservations')
  if (url === undefined) throw new Error(`stage ${stage.stage} has no shelf, or its database is away`)
  await withDatabase(url, work)
}
