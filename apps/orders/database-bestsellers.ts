import { withoutDeadline } from '../platform/http/deadline.ts'
import type { Store } from '../platform/mysql/store.ts'
import { type Bestsellers, MOST_BESTSELLERS } from './bestsellers.ts'
import type { OrdersTables } from './queries.ts'
import { soldIn } from './sold.ts'

/** An answer is good for so many times as long as one takes. */
const REST = 20

/**
 * Counts the paid orders whenever it is asked. That is exact, needs no second place that could be wrong, and takes longer with
 * every order: what makes such lists move to Redis.
 */
export function databaseBestsellers(store: Pick<Store<OrdersTables>, 'each'>): Bestsellers {
  const ask = seldom(async () => (await soldIn(store)).slice(0, MOST_BESTSELLERS))
  return {
    top: async (limit) => (await ask()).slice(0, limit),
    // The paid order is the count.
    selling: async () => async () => {},
  }
}

/**
 * Never more than one at a time, and however many ask, a slow question is asked a twentieth of the time: it cannot take the database over.
 * One that was held up once is not slow, and its answer would be old for long: of two in a row the quicker one tells how long they take.
 */
function seldom<Value>(ask: () => Promise<Value>): () => Promise<Value> {
  let answer: Promise<Value> | undefined
  let goodUntil = 0
  let beforeMs = 0
  return () => {
    if (answer && performance.now() < goodUntil) return answer
    const askedAt = performance.now()
    goodUntil = Number.POSITIVE_INFINITY
    // Others are given the answer too, whoever asked first.
    answer = withoutDeadline(ask)
    answer.then(
      () => {
        const tookMs = performance.now() - askedAt
        goodUntil = performance.now() + Math.max(tookMs, REST * Math.min(tookMs, beforeMs))
        beforeMs = tookMs
      },
      () => {
        answer = undefined
      },
    )
    return answer
  }
}
