/** What a drill says of requests and events that a test makes up. */
import type { Drill } from './drill.ts'
import { DRILLS, type DrillName } from './drills.ts'
import type { FaultEvent } from './fault-events.ts'
import type { Sent } from './traffic/recording.ts'

export const at = (time: number, what: string, program: string): FaultEvent => ({ at: time, what, program })

export function judge(name: DrillName, events: readonly FaultEvent[], requests: readonly Sent[]): string[] {
  const drill: Drill = DRILLS[name]
  return drill.judge?.(requests, events) ?? []
}

export function sent(one: Partial<Sent>): Sent {
  return { operation: 'page', startedAt: 500, endedAt: 510, servedBy: 'app-1', ...one }
}

export function failed({ startedAt = 0, ...rest }: Partial<Sent>): Sent {
  return { operation: 'page', startedAt, endedAt: startedAt + 10, failure: 'status 503', ...rest }
}
