/** How long nothing of a kind succeeded after a fault, and which failures a fault does not excuse. */
import { describeFailures, type FaultEvent, failuresOf } from './fault-events.ts'
import type { Operation, Recording, Sent } from './traffic/recording.ts'

/** Everything that changes something, pages that anybody may see, and what needs a session and changes nothing. */
const KINDS = {
  writes: ['order', 'payment', 'slow payment', 'cancellation', 'cart', 'price', 'log-in', 'log-out'],
  pages: ['page'],
  loggedIn: ['own order', 'own orders', 'own cart', 'who am I', 'ended session'],
} as const satisfies Record<string, readonly Operation[]>

/** The requests that an outage is measured by: those that the traffic has most of. */
const MEASURED: Readonly<Record<Kind, readonly Operation[]>> = {
  writes: ['order'],
  pages: ['page'],
  loggedIn: ['own order', 'own orders', 'who am I'],
}

export type Kind = keyof typeof KINDS
/** Milliseconds. 0: the fault is no excuse for any failure of that kind. */
export type OutageLimits = Readonly<Record<Kind, number>>
export type Outages = Readonly<Record<Kind, number>>

export function isWrite(operation: Operation): boolean {
  return KINDS.writes.some((one) => one === operation)
}

export const kinds = Object.keys(KINDS) as Kind[]

/** A shorter silence is no outage: so long a host with a seventh of a CPU may pause, fault or no fault. */
const SILENCE_MS = 2_000

type Load = Pick<Recording, 'sent' | 'stoppedAt'>

/** For each kind the longest time from the fault on in which no request succeeded, in milliseconds. */
export function outagesOf(load: Load, [fault]: readonly FaultEvent[]): Outages {
  const entries = kinds.map((kind) => [kind, fault ? longestSilence(load, kind, fault.at) : 0])
  return Object.fromEntries(entries) as Outages
}

export function judgeOutages(load: Load, events: readonly FaultEvent[], limitsMs: OutageLimits): string[] {
  const [fault] = events
  if (!fault) return ['no fault was made']
  return kinds.flatMap((kind) => {
    const limit = limitsMs[kind]
    const late = failuresOf(load.sent.filter((one) => isOf(kind, one) && !isExcused(one, fault, limit)))
    return [
      ...silenceOf(load, kind, fault, Math.max(limit, SILENCE_MS)),
      ...(late.length > 0
        ? [`${NAMES[kind]}: ${late.length} requests failed ${withoutExcuse(limit)}`, ...describeFailures(late, events)]
        : []),
    ]
  })
}

export const NAMES: Readonly<Record<Kind, string>> = { writes: 'writes', pages: 'pages', loggedIn: 'logged-in reads' }

function silenceOf(load: Load, kind: Kind, fault: FaultEvent, allowedMs: number): string[] {
  if (!measuredBy(load, kind).some(({ startedAt }) => startedAt >= fault.at))
    return [`${NAMES[kind]}: nothing was sent after the fault`]
  const outageMs = longestSilence(load, kind, fault.at)
  if (outageMs <= allowedMs) return []
  return [`${NAMES[kind]}: an outage of ${outageMs} ms, and at most ${allowedMs} ms are allowed`]
}

function isOf(kind: Kind, { operation }: Sent): boolean {
  return (KINDS[kind] as readonly Operation[]).includes(operation)
}

/** They bear no session whose history would tell that it was refused. */
const WITHOUT_HISTORY: readonly Operation[] = ['log-in', 'page']

function isExcused({ operation, startedAt, endedAt, failure }: Sent, fault: FaultEvent, limitMs: number): boolean {
  // Whether a session that is not known should be is for its own history to say.
  if (failure === 'status 401' && !WITHOUT_HISTORY.includes(operation)) return true
  return limitMs > 0 && endedAt >= fault.at && startedAt <= fault.at + limitMs
}

function withoutExcuse(limitMs: number): string {
  return limitMs > 0 ? `before the fault or begun more than ${limitMs} ms after it` : 'that the fault does not touch'
}

/** Until the end of the load: where nobody asks nobody is answered either. */
function longestSilence(load: Load, kind: Kind, faultAt: number): number {
  const successes = measuredBy(load, kind).filter(({ failure, endedAt }) => failure === undefined && endedAt > faultAt)
  const times = [faultAt, ...successes.map(({ endedAt }) => endedAt), Math.max(faultAt, load.stoppedAt)]
  times.sort((one, other) => one - other)
  return Math.round(Math.max(...times.map((time, index) => time - (times[index - 1] ?? time))))
}

function measuredBy({ sent, stoppedAt }: Load, kind: Kind): Sent[] {
  return sent.filter(({ operation, startedAt }) => MEASURED[kind].includes(operation) && startedAt <= stoppedAt)
}
