import { setTimeout as sleep } from 'node:timers/promises'
import type { StageState } from '../../../../../infra/local/state/stage-state.ts'
import { httpCall } from '../../../../../infra/process/http-call.ts'
import { until } from '../../../../../infra/process/until.ts'
import { LOOPBACK } from '../../../../../infra/stage/address.ts'
import type { Drill, Means } from '../../drill.ts'
import type { FaultEvent } from '../../fault-events.ts'
import { programsOf } from '../../programs.ts'
import { judgeServices, missingServices, NO_LIMITS, serviceEvent } from '../../services.ts'
import { look } from '../../traffic/journeys.ts'
import { payLater } from '../../traffic/pay-later.ts'
import type { Sent } from '../../traffic/recording.ts'
import { whileRushing } from '../../traffic/rushing.ts'
import { shareMs } from '../../waits.ts'

/** What the bank takes for each charge: the payment is made, and is late for whoever waits. */
const SLOW_MS = 2_000
/** Quick and slow in turn, so that whatever else this machine does comes to both. */
const ROUNDS = 4
const PHASE_MS = 5_000
/**
 * A few while charges are quick. While they are slow as many, and as soon, as would take all places of both gateways within that time: more
 * than enough for each to see so many in a row that it asks payments no more.
 */
const PAYMENTS = { quick: 24, slow: 160 }
const PAGES = { journey: look, times: 4, everyMs: 100 }
const CUSTOMERS = 100

const OPEN_WITHIN_MS = 2_000
const CLOSED_WITHIN_MS = 5_000
/** Longer than it may be, so that it is known how long it was. */
const LOOK_FOR_MS = 15_000
const LOOK_EVERY_MS = 100
const ASK_TIMEOUT_MS = 2_000
/** The slowest of a hundred pages may take so much longer than it does while payments are quick. */
const MOST_SLOWER = 1.5

const SLOW = 'each charge takes 2 s'
const QUICK = 'charges are quick'

/** The bank is slow, and so are payments: who looks at the catalogue and who orders knows nothing of it. */
export const slowPayments: Drill = {
  summary: `the bank takes ${SLOW_MS / 1_000} s for each charge, ${ROUNDS} times for ${PHASE_MS / 1_000} s; payments are told to come again, and nobody else waits.`,
  missing: missingServices,
  limitsMs: NO_LIMITS,
  customers: CUSTOMERS,
  async prepare(stage) {
    await slowDown(stage(), 0)
    return () => slowDown(stage(), 0)
  },
  async inject(stage, events, means) {
    const fault = { stage, events, means }
    for (let round = 0; round < ROUNDS; round += 1) {
      const [quick, slow] = [await payLater(means.rush, PAYMENTS.quick), await payLater(means.rush, PAYMENTS.slow)]
      await quickPhase(fault, quick)
      await slowPhase(fault, slow)
    }
  },
  judge: (sent, events) => [...judgeServices(sent, events), ...judgePages(sent, events)],
  figures: (sent, events) => {
    const { quick, slow } = pagesOf(sent, events)
    return [
      `the slowest of a hundred of ${quick.length} pages ${p99(quick)} ms while payments are quick, of ${slow.length} ${p99(slow)} ms while they are slow`,
    ]
  },
  // Each of the two keeps payments from the others' places: only without both do they take them.
  unprotected: [
    { set: ['breaker=off'], finds: 'payments were asked all the time' },
    { set: ['breaker=off', 'bulkhead=off'], finds: 'the slowest of a hundred pages took' },
  ],
}

type Fault = { readonly stage: () => StageState; readonly events: FaultEvent[]; readonly means: Means }
type Payments = { pay(): Promise<void> }

async function quickPhase({ events, means }: Fault, { pay }: Payments): Promise<void> {
  events.push(serviceEvent(QUICK, 'bank', 'payments', 'none'))
  await whileRushing(means.rush, PAGES, () => Promise.all([pay(), sleep(PHASE_MS)]))
}

async function slowPhase({ stage, events, means }: Fault, { pay }: Payments): Promise<void> {
  await slowDown(stage(), SLOW_MS)
  events.push(serviceEvent(SLOW, 'bank', 'payments', 'all'))
  const [openMs] = await whileRushing(means.rush, PAGES, () =>
    Promise.all([untilBreakers(stage, 'open'), pay(), sleep(PHASE_MS)]),
  )
  await slowDown(stage(), 0)
  const closedMs = await untilBreakers(stage, 'closed')
  events.push(serviceEvent('payments are asked again', 'bank', 'payments', 'none'))
  means.figures.push(`payments not asked any more after ${told(openMs)}, asked again ${told(closedMs)} after the end`)
  if (!(openMs <= OPEN_WITHIN_MS))
    means.wrong.push(`payments were asked all the time for ${told(openMs)}, and at most ${OPEN_WITHIN_MS} ms are allowed`)
  if (!(closedMs <= CLOSED_WITHIN_MS))
    means.wrong.push(`payments were not asked again for ${told(closedMs)}, and at most ${CLOSED_WITHIN_MS} ms are allowed`)
}

async function slowDown(stage: StageState, ms: number): Promise<void> {
  const { status } = await httpCall(`${stage.bank}/delay`, { method: 'PUT', body: { ms }, timeoutMs: ASK_TIMEOUT_MS })
  if (status !== 204) throw new Error(`the bank answered ${status} when it was told to take ${ms} ms for a charge`)
}

/** How long it took until all gateways ask payments no more, or again. */
async function untilBreakers(stage: () => StageState, wanted: 'open' | 'closed'): Promise<number> {
  const startedAt = performance.now()
  const gateways = programsOf(stage(), 'gateway')
  const are = async () => {
    const open = await Promise.all(gateways.map(({ port }) => isBreakerOpen(port)))
    return open.every((isOpen) => isOpen === (wanted === 'open'))
  }
  const seen = await until(are, { withinMs: LOOK_FOR_MS, everyMs: LOOK_EVERY_MS })
  return seen ? performance.now() - startedAt : Number.POSITIVE_INFINITY
}

async function isBreakerOpen(port: number): Promise<boolean> {
  const { text } = await httpCall(`http://${LOOPBACK}:${port}/metrics`, { timeoutMs: ASK_TIMEOUT_MS })
  return /^outgrow_breaker_open\{.*service="payments".*\} 1$/m.test(text)
}

function told(ms: number): string {
  return Number.isFinite(ms) ? `${Math.round(ms)} ms` : `more than ${LOOK_FOR_MS} ms`
}

function judgePages(sent: readonly Sent[], events: readonly FaultEvent[]): string[] {
  const { quick, slow } = pagesOf(sent, events)
  if (quick.length === 0 || slow.length === 0) return ['no pages were looked at']
  if (p99(slow) <= MOST_SLOWER * p99(quick)) return []
  return [
    `the slowest of a hundred pages took ${p99(slow)} ms while payments were slow, and ${p99(quick)} ms while they were quick`,
  ]
}

type Pages = { readonly quick: readonly Sent[]; readonly slow: readonly Sent[] }

/** Those of the phases of either kind. */
function pagesOf(sent: readonly Sent[], events: readonly FaultEvent[]): Pages {
  const pages = { quick: [] as Sent[], slow: [] as Sent[] }
  for (const one of sent) {
    const phase = events.findLast(({ at }) => at <= one.startedAt)
    if (one.operation !== 'page' || !phase || one.startedAt > phase.at + PHASE_MS) continue
    if (phase.what === SLOW) pages.slow.push(one)
    else if (phase.what === QUICK) pages.quick.push(one)
  }
  return pages
}

function p99(pages: readonly Sent[]): number {
  return shareMs(pages, 0.99)
}
