/** What is asked once more when the stage is whole again: nothing may stay unknown, and nothing that was acknowledged may be forgotten. */
import { until } from '../../../../infra/process/until.ts'
import { readCart } from './carts.ts'
import { type Crowd, inTurns, type Placed } from './crowd.ts'
import { readOrders } from './purchases.ts'
import { expectEnded, readPage, whoAmI } from './requests.ts'

/** A payment that was cut off is free to be sent again when its lease is over. */
const KNOWN_WITHIN_MS = 20_000
const ASK_AGAIN_AFTER_MS = 250
/** Half a page of the list of orders, as orders of unknown outcome may stand in between. */
const NEWEST_ORDERS = 10

export async function closeUp(crowd: Crowd): Promise<void> {
  await finish(crowd)
  await inTurns(crowd.ended, (session) => expectEnded(crowd, session))
  await inTurns([...crowd.shoppers, ...crowd.guests, crowd.admin], (session) => whoAmI(crowd, session))
  await inTurns([...crowd.placed], ([session, placed]) => readOrders(crowd, session, newest(placed)))
  await inTurns(crowd.carts, (cart) => readCart(crowd, cart))
  await inTurns([...crowd.priced.keys()], (id) => readPage(crowd, id))
}

function newest(placed: readonly Placed[]): string[] {
  const byAge = placed.toSorted((one, other) => Date.parse(one.createdAt) - Date.parse(other.createdAt))
  return [...new Set(byAge.map(({ id }) => id))].slice(-NEWEST_ORDERS)
}

/** Sends every request of unknown outcome until it is known. */
async function finish(crowd: Crowd): Promise<void> {
  const allKnown = async () => {
    await inTurns(crowd.unfinished.splice(0), (sendAgain) => sendAgain())
    return crowd.unfinished.length === 0
  }
  await until(allKnown, { withinMs: KNOWN_WITHIN_MS, everyMs: ASK_AGAIN_AFTER_MS })
  crowd.client.recording.leftUnknown = crowd.unfinished.length
}
