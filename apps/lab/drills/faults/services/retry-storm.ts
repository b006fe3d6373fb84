import { setTimeout as sleep } from 'node:timers/promises'
import type { Drill, Means } from '../../drill.ts'
import { eventNow, type FaultEvent, failuresOf } from '../../fault-events.ts'
import { whileFrozen } from '../../programs.ts'
import { copiesOf, NO_LIMITS } from '../../services.ts'
import { look } from '../../traffic/journeys.ts'
import type { Sent } from '../../traffic/recording.ts'
import { whileRushing } from '../../traffic/rushing.ts'

/** A catalogue of one copy, each of whose pages costs so much that the rest of the machine does not count. */
const LEAST_WORK_MS = 10
const NEEDED = '--set products=1 --set workMs=20'

/** Asked by so many, each anew when it is answered: so much it can do. */
const AT_ONCE = 4
const CAPACITY_MS = 4_000
const LOAD = 0.9
const STEADY_MS = 5_000
const DIP_MS = 10_000
const AFTER_MS = 25_000
const BACK_WITHIN_MS = 5_000
/** As long as so much of what is asked for in such a time is answered all is well: bursts at this load are now and then too many. */
const WELL = 0.8
const WINDOW_MS = 2_500

const STEADY = 'pages are asked for'
const DIP = 'the catalogue stands still'
const OVER = 'the catalogue goes on'

/** Nearly all that the catalogue can do is asked of it when it stands still for a while: what it has not answered is asked again. */
export const retryStorm: Drill = {
  summary: `the catalogue has nine tenths of what it can do when it stands still for ${DIP_MS / 1_000} s; ${BACK_WITHIN_MS / 1_000} s after that all is as it was.`,
  missing(stage) {
    const canBeFilled = copiesOf(stage, 'products').length === 1 && stage.settings.workMs >= LEAST_WORK_MS
    return canBeFilled ? undefined : `this drill needs services whose catalogue can be filled: npm start -- 6 ${NEEDED}`
  },
  limitsMs: NO_LIMITS,
  async inject(stage, events, { rush, figures }) {
    events.push(eventNow('it is found out how many pages it can do', 'products'))
    const perS = await capacityOf(rush)
    figures.push(`the catalogue answers ${Math.round(perS)} pages a second, and is asked for ${Math.round(LOAD * perS)}`)
    await whileRushing(rush, { journey: look, times: 1, everyMs: 1_000 / (LOAD * perS) }, async () => {
      events.push(eventNow(STEADY, 'products'))
      await sleep(STEADY_MS)
      events.push(eventNow(DIP, 'products'))
      await whileFrozen(copiesOf(stage(), 'products'), () => sleep(DIP_MS))
      events.push(eventNow(OVER, 'products'))
      await sleep(AFTER_MS)
    })
  },
  judge(sent, events) {
    const { before, backMs } = storm(sent, events)
    return [
      ...(before >= WELL
        ? []
        : [`of pages ${share(before)} were answered before anything stood still: too many for this machine`]),
      ...(backMs <= BACK_WITHIN_MS ? [] : [`pages were not answered again as before for ${backMs} ms after the end`]),
    ]
  },
  figures(sent, events) {
    const { before, meanwhile, after, backMs } = storm(sent, events)
    return [
      `of pages ${share(before)} were answered before, ${share(meanwhile)} meanwhile, ${share(after)} in the ${AFTER_MS / 1_000} s after; as before within ${backMs} ms`,
    ]
  },
  // Breaker and bulkhead hold a storm off by themselves: naive retries alone are over as soon.
  unprotected: [{ set: ['retries=naive', 'breaker=off', 'bulkhead=off'], finds: 'pages were not answered again as before' }],
}

/** Pages a second that are answered well. */
async function capacityOf(rush: Means['rush']): Promise<number> {
  const startedAt = performance.now()
  const endsAt = startedAt + CAPACITY_MS
  const { promise: sent, resolve } = Promise.withResolvers<readonly Sent[]>()
  rush(async (crowd, index) => {
    resolve(crowd.client.recording.sent)
    for (let next = index; performance.now() < endsAt; next += AT_ONCE) await look(crowd, next)
  }, AT_ONCE)
  await sleep(CAPACITY_MS)
  const pages = (await sent).filter(({ operation, endedAt }) => operation === 'page' && endedAt >= startedAt && endedAt <= endsAt)
  return ((pages.length - failuresOf(pages).length) * 1_000) / CAPACITY_MS
}

type Storm = { readonly before: number; readonly meanwhile: number; readonly after: number; readonly backMs: number }

function storm(sent: readonly Sent[], events: readonly FaultEvent[]): Storm {
  const at = (wanted: string) => events.find(({ what }) => what === wanted)?.at ?? Number.NaN
  const pages = sent.filter(({ operation }) => operation === 'page')
  const between = (from: number, until: number) =>
    answeredOf(pages.filter(({ startedAt }) => startedAt >= from && startedAt < until))
  const over = at(OVER)
  const bad = windows().filter((from) => between(over + from, over + from + WINDOW_MS) < WELL)
  return {
    before: between(at(STEADY), at(DIP)),
    meanwhile: between(at(DIP), over),
    after: between(over, over + AFTER_MS),
    backMs: bad.length === 0 ? 0 : Math.max(...bad) + WINDOW_MS,
  }
}

function windows(): number[] {
  return Array.from({ length: AFTER_MS / WINDOW_MS }, (_, index) => index * WINDOW_MS)
}

/** Where nothing was asked for nothing was answered. */
function answeredOf(pages: readonly Sent[]): number {
  return pages.length === 0 ? 0 : pages.filter(({ failure }) => failure === undefined).length / pages.length
}

function share(part: number): string {
  return `${Math.round(100 * part)} %`
}
