import { setTimeout as sleep } from 'node:timers/promises'
import type { Journey } from './journeys.ts'
import type { Traffic } from './traffic.ts'

/** So many at once, the next when they are served, and not sooner than that: visitors are no overload. */
const AT_ONCE = 10
const EVERY_MS = 350

type Lots = { readonly times: number; readonly withinMs?: number | undefined }

/** Returns when all have been served, or the time is over. */
export async function inLots(
  rush: Traffic['rush'],
  journey: Journey,
  { times, withinMs = Number.POSITIVE_INFINITY }: Lots,
): Promise<void> {
  const endsAt = performance.now() + withinMs
  for (let first = 0; first < times && performance.now() < endsAt; first += AT_ONCE) {
    const lot = Math.min(AT_ONCE, times - first)
    await Promise.all([served(rush, (crowd, index) => journey(crowd, first + index), lot), sleep(EVERY_MS)])
  }
}

function served(rush: Traffic['rush'], journey: Journey, times: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let left = times
  const counted: Journey = (crowd, index) =>
    journey(crowd, index).finally(() => {
      left -= 1
      if (left === 0) resolve()
    })
  rush(counted, times)
  return promise
}
