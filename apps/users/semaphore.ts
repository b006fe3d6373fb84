import { ShopError } from '../platform/http/errors.ts'

const MOST_WAITING = 100
/** Shorter than the load balancer waits for an answer, so that it is we who say to come back later. */
const WAIT_TIMEOUT_MS = 3_000

export type Semaphore = <Value>(work: () => Promise<Value>) => Promise<Value>

/** Lets `places` pieces of work run at once; the others wait. Throws UNAVAILABLE when too many wait, or one for too long. */
export function semaphore(places: number): Semaphore {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (running < places) running += 1
    else await turn(waiting)
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      // The place is handed over, so that nobody who comes now can take it first.
      if (next) next()
      else running -= 1
    }
  }
}

function turn(waiting: (() => void)[]): Promise<void> {
  const busy = () => new ShopError('UNAVAILABLE', 'too many people are logging in or registering', { retryAfterS: 2 })
  if (waiting.length >= MOST_WAITING) throw busy()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const enter = () => {
    clearTimeout(timer)
    resolve()
  }
  const timer = setTimeout(() => {
    waiting.splice(waiting.indexOf(enter), 1)
    reject(busy())
  }, WAIT_TIMEOUT_MS)
  waiting.push(enter)
  return promise
}
