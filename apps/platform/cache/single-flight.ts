/** Two ways for callers at the same time to share one answer. Both forget it as soon as it is there; neither ends with who began it. */
import { withoutDeadline } from '../http/deadline.ts'

export type Share = <Value>(key: string, work: () => Promise<Value>) => Promise<Value>

/** Callers join the run that is under way: right where the key says what they may be answered with. */
export function singleFlight(): Share {
  const flights = new Map<string, Promise<unknown>>()
  return <Value>(key: string, work: () => Promise<Value>) => {
    const underWay = flights.get(key) as Promise<Value> | undefined
    if (underWay) return underWay
    const flight = withoutDeadline(work).finally(() => flights.delete(key))
    flights.set(key, flight)
    return flight
  }
}

type Line = { running: Promise<unknown>; next?: Promise<unknown> }

/** Callers share the next run and never one that has begun, which may have looked before they asked: at most two runs, whoever calls. */
export function laterSingleFlight(): Share {
  const lines = new Map<string, Line>()
  const start = <Value>(key: string, work: () => Promise<Value>): Promise<Value> => {
    const flight = withoutDeadline(work)
    const line: Line = { running: flight }
    lines.set(key, line)
    const landed = () => {
      if (!line.next) lines.delete(key)
    }
    flight.then(landed, landed)
    return flight
  }
  return <Value>(key: string, work: () => Promise<Value>) => {
    const line = lines.get(key)
    if (!line) return start(key, work)
    const begin = () => start(key, work)
    line.next ??= line.running.then(begin, begin)
    return line.next as Promise<Value>
  }
}

/** Nobody shares anything. */
export const noSingleFlight: Share = (_key, work) => work()
