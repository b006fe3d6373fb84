/** Traffic for drills: an open loop of people in the shop, who write down every request and what became of it. */
import type { Draw } from '../../../../loadtests/popularity.ts'
import { shuffled } from './choices.ts'
import { closeUp } from './closing.ts'
import { gatherCrowd } from './crowd.ts'
import {
  askWhoIAm,
  buy,
  buyTwice,
  comeIn,
  goOut,
  type Journey,
  look,
  order,
  orderAndCancel,
  orderTwice,
  reprice,
  sendAgain,
  shopWithCart,
} from './journeys.ts'
import type { Recording } from './recording.ts'

export type Traffic = {
  readonly recording: Recording
  /** So many journeys at once, beside the others. */
  rush(journey: Journey, times: number): void
  /** Sends nothing more, waits for what is under way, and asks once more for all that must not have been forgotten. */
  stop(): Promise<void>
}

/** So many requests a journey has, mostly. */
const REQUESTS = new Map<Journey, number>([
  [look, 1],
  [sendAgain, 1],
  [askWhoIAm, 1],
  [comeIn, 2],
  [order, 3],
  [orderTwice, 3],
  [orderAndCancel, 3],
  [shopWithCart, 3],
  [buy, 3],
  [goOut, 3],
  [buyTwice, 4],
  [reprice, 4],
])

/** Of 60 requests 9 are orders and one is a log-in, which takes as much CPU as a dozen pages. */
const DECK: readonly Journey[] = [
  ...[order, look, askWhoIAm, sendAgain, goOut, look, buy, look, askWhoIAm],
  ...[shopWithCart, sendAgain, reprice, look, orderTwice, look, askWhoIAm, comeIn],
  ...[orderAndCancel, look, sendAgain, goOut, look, buy, look, askWhoIAm, look],
  ...[order, sendAgain, look, buyTwice, shopWithCart, askWhoIAm, look, askWhoIAm],
]
const ORDERS_A_REQUEST = 9 / 60
const TICK_MS = 2
/** More than there are of anything that is chosen from. */
const CHOICES = 1_000_000

/** `customers`: so many at the least, of every bucket. */
export type Load = { readonly ratePerS: number; readonly draw: Draw; readonly customers?: number }

export async function startTraffic(url: string, { ratePerS, draw, customers = 0 }: Load): Promise<Traffic> {
  const first = Math.floor(draw() * CHOICES)
  const crowd = await gatherCrowd(url, { ordersPerS: ratePerS * ORDERS_A_REQUEST, customers, first })
  const pending: Promise<unknown>[] = []
  const turns = turnsOf(DECK, draw)
  const startedAt = performance.now()
  let requests = 0
  const go = (journey: Journey, index: number) => {
    const running = journey(crowd, index)
    running.catch(() => undefined)
    pending.push(running)
  }
  // Due times are kept whatever the answers do: a slow stage must not slow its own test down.
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1_000) * ratePerS
    while (requests < due) {
      const { journey, index } = turns.next().value
      requests += REQUESTS.get(journey) ?? 1
      go(journey, index)
    }
  }, TICK_MS)
  return {
    recording: crowd.client.recording,
    rush(journey, times) {
      for (let index = 0; index < times; index += 1) go(journey, index)
    },
    async stop() {
      clearInterval(timer)
      crowd.client.recording.stoppedAt = performance.now()
      await Promise.all(pending)
      await closeUp(crowd)
      crowd.client.close()
    },
  }
}

type Turn = { readonly journey: Journey; readonly index: number }

/** The deck again and again, shuffled each time, each journey with how many of its kind there were before. */
function* turnsOf(deck: readonly Journey[], draw: Draw): Generator<Turn, never> {
  const counts = new Map<Journey, number>()
  for (;;) {
    for (const journey of shuffled(deck, draw)) {
      const index = counts.get(journey) ?? 0
      counts.set(journey, index + 1)
      yield { journey, index }
    }
  }
}
