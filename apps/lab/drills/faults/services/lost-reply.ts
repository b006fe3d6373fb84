import { setTimeout as sleep } from 'node:timers/promises'
import { INTERNAL_PATHS as OF_ORDERS } from '../../../../orders/paths.ts'
import { STOCK_PATHS as OF_STOCK } from '../../../../products/paths.ts'
import { type Detour, whileLosing } from '../../detours/detour.ts'
import type { Drill } from '../../drill.ts'
import { describeFailures, eventNow, type FaultEvent, failuresOf } from '../../fault-events.ts'
import { isWrite } from '../../outages.ts'
import { missingRunner } from '../../programs.ts'
import { missingServices, NO_LIMITS } from '../../services.ts'
import type { Crowd } from '../../traffic/crowd.ts'
import { buy, sendAgain } from '../../traffic/journeys.ts'
import type { Sent } from '../../traffic/recording.ts'
import { whileRushing } from '../../traffic/rushing.ts'

const LEAST_LOST = 1_000
/** Where a part is enough. */
const LEAST_LOST_SMALL = 100
/** Of the answers to whatever changes something. What is sent again because of that may lose its answer, too. */
const SHARE = 0.4
const LOSING_MOST_MS = 240_000
const LOOK_EVERY_MS = 100
/** Twice as many that come back to what they know nothing of as there are new ones. */
const MORE = { times: 3, everyMs: 200 }
const CUSTOMERS = 200
/** Until callers have gone over to the copies themselves. */
const BACK_WITHIN_MS = 1_000

const LOST = 'answers get lost'
const FOUND = 'answers come back again'

/** The work is done and nobody hears of it: between any two of the gateway and the services. */
export const lostReply: Drill = {
  summary: `${LEAST_LOST} answers get lost on their way from services to those who asked, after the work was done; sent again it is not done twice, and nothing is lost.`,
  missing: (stage) => missingServices(stage) ?? missingRunner(stage),
  limitsMs: NO_LIMITS,
  customers: CUSTOMERS,
  async inject(stage, events, { draw, rush, isSmall, figures, wrong }) {
    const isLost = (requestLine: string) => changes(requestLine) && draw() < SHARE
    const least = isSmall ? LEAST_LOST_SMALL : LEAST_LOST
    // From the first caller on that goes over.
    events.push(eventNow(LOST, 'services'))
    const lost = await whileLosing(stage(), isLost, async (detour) => {
      await whileRushing(rush, { ...MORE, journey: buyOrSendAgain }, () => untilLost(detour, least))
      return detour.lost()
    })
    events.push(eventNow(FOUND, 'services'))
    figures.push(
      `answers lost after the work was done: ${totalOf(lost)}, of ${Object.entries(lost)
        .map(([service, count]) => `${service} ${count}`)
        .join(', ')}`,
    )
    if (totalOf(lost) < least) wrong.push(`${totalOf(lost)} answers were lost, and ${least} are needed`)
    await sleep(BACK_WITHIN_MS)
  },
  judge: othersThanLost,
  // Of what the steps between services remember no setting takes anything away: planted faults do.
  unprotected: [{ set: ['idempotency=off'], finds: 'acknowledged order twice' }],
}

function buyOrSendAgain(crowd: Crowd, index: number): Promise<unknown> {
  return index % 3 === 0 ? buy(crowd, index) : sendAgain(crowd, index)
}

async function untilLost(detour: Detour, least: number): Promise<void> {
  const endsAt = performance.now() + LOSING_MOST_MS
  while (totalOf(detour.lost()) < least && performance.now() < endsAt) await sleep(LOOK_EVERY_MS)
}

function totalOf(lost: Readonly<Record<string, number>>): number {
  return Object.values(lost).reduce((sum, count) => sum + count, 0)
}

const { claimForPayment, markPaid, releasePayment } = OF_ORDERS
const { take, giveBack, keep, forget } = OF_STOCK
/** Between services everything is asked by POST, whatever it does. */
const INTERNAL_CHANGES: ReadonlySet<string> = new Set([claimForPayment, markPaid, releasePayment, take, giveBack, keep, forget])

function changes(requestLine: string): boolean {
  const [method = '', path = ''] = requestLine.split(' ')
  return path.startsWith('/internal/') ? INTERNAL_CHANGES.has(path) : method !== 'GET'
}

/** Who only looks loses nothing, and when all answers come back nobody does. */
function othersThanLost(sent: readonly Sent[], events: readonly FaultEvent[]): string[] {
  const [lost, found] = events
  if (!lost || !found) return ['no answers were lost']
  const isExcused = ({ operation, startedAt, endedAt }: Sent) =>
    isWrite(operation) && endedAt >= lost.at && startedAt <= found.at + BACK_WITHIN_MS
  const wrong = failuresOf(sent).filter((one) => !isExcused(one) && !wasLoggedOutUnheard(one))
  return wrong.length === 0
    ? []
    : [`${wrong.length} requests failed that had no answer to lose`, ...describeFailures(wrong, events)]
}

/** Whether a session that is not known any more should be is for its own history to say. */
function wasLoggedOutUnheard({ operation, failure }: Sent): boolean {
  return operation === 'log-out' && failure === 'status 401'
}
