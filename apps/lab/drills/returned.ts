/** Whether copies that were ended and started again serve: that a program runs does not say that anybody is sent to it. */
import { eventNow, type FaultEvent } from './fault-events.ts'
import type { Sent } from './traffic/recording.ts'

const BACK = 'is back'

/** From now on this copy must answer something. */
export function backNow(name: string): FaultEvent {
  return eventNow(`${name} ${BACK}`, name)
}

export function silentSince(sent: readonly Sent[], events: readonly FaultEvent[]): string[] {
  return events
    .filter(({ what }) => what.endsWith(BACK))
    .filter(({ program, at }) => !sent.some((one) => one.servedBy === program && one.startedAt > at && one.failure === undefined))
    .map(({ program }) => `${program} has answered nothing since it ${BACK}`)
}
