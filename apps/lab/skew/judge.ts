import type { SkewResults } from './results.ts'

/** Of what is placed: on a machine out of breath the figures would be about that. */
const MOST_FAILED = 0.01
/** Shares come of draws and of what the apps do beside. */
const SHARE_TOLERANCE = 0.05
/** A product that half of all orders are for keeps them waiting at least so many times as long. */
const LEAST_WAIT_RATIO = 3
/** The databases count whole milliseconds: less, over some hundred orders, is none. */
const LEAST_WAIT_MS = 0.05
/** More servers of customers may change the wait, but do not take it away. */
const LEAST_LEFT = 0.5
/** One row lets less through than many do. */
const MOST_OF_MANY = 0.9

/** What the lesson says and the figures do not show. */
export function notShown({ hotShare, customer, product, takesPerS }: SkewResults): string[] {
  const { alike, hot, alone } = customer
  const rows = [...Object.values(customer), ...Object.values(product)]
  const falls = hot.busiest.requestShare - alone.busiest.requestShare
  const wait = {
    alike: product.alike.rowWaitMsPerOrder,
    one: product.onOne.rowWaitMsPerOrder,
    all: product.onAll.rowWaitMsPerOrder,
  }
  return [
    ...unless(
      rows.every(({ orders, failed }) => failed <= MOST_FAILED * orders),
      'that orders are placed at all',
    ),
    ...unless(
      hot.busiest.requestShare > alike.busiest.requestShare + SHARE_TOLERANCE,
      'that one busy customer makes one server the busiest',
    ),
    ...unless(falls > SHARE_TOLERANCE, 'that moving its bucket alone takes the others’ work off its server'),
    ...unless(
      Math.abs(alone.busiest.requestShare - hotShare) < SHARE_TOLERANCE,
      'that its own work is what a server alone with it has',
    ),
    ...unless(
      wait.all > LEAST_WAIT_RATIO * Math.max(LEAST_WAIT_MS, wait.alike),
      'that orders wait for the row of a product that half of them are for',
    ),
    ...unless(wait.all >= LEAST_LEFT * wait.one, 'that they wait as well where customers are on several servers'),
    ...unless(takesPerS.one < MOST_OF_MANY * takesPerS.many, 'that one row lets less through than many rows'),
  ]
}

function unless(isShown: boolean, claim: string): string[] {
  return isShown ? [] : [claim]
}
