/**
 * A cart: products are put in, it is looked at, ordered as a whole, and the order paid. A workload of its own, so that what a checkout
 * costs can still be compared with what it cost before there were carts.
 *
 *     k6 run -e BASE_URL=http://127.0.0.1:4003 -e RATE=5 -e DURATION=30s loadtests/cart.ts
 */
import exec from 'k6/execution'
import { drawItems, order, pay } from './buying.ts'
import { expectStatus, loadOptions, runJourney, soldOutThreshold, think } from './journey.ts'
import { type Draw, drawsOf } from './popularity.ts'
import { loadSettings } from './settings.ts'
import { putIntoCart, readCart, type Visit } from './shop.ts'
import { logInShoppers, MOST_LOG_INS, type Shoppers, shopperOf } from './shoppers.ts'
import { WORKLOADS } from './workloads.ts'

const settings = loadSettings(__ENV, WORKLOADS.cart)

export const options = loadOptions(settings, soldOutThreshold(settings))

/** All that may log in: two journeys of one shopper have one cart, and should not meet in it. */
export function setup(): Shoppers {
  return logInShoppers(settings, MOST_LOG_INS)
}

export default function cartJourney(shoppers: Shoppers): void {
  const draw = drawsOf(settings.seed, exec.scenario.iterationInTest)
  const { visit, key } = shopperOf(shoppers, settings)
  runJourney('cart', visit, () => {
    fillCart(visit, draw)
    const orderId = order(visit, { fromCart: true }, key)
    think(settings)
    pay(visit, orderId, `${key}-pay`)
  })
}

function fillCart(visit: Visit, draw: Draw): void {
  for (const item of drawItems(draw)) {
    expectStatus(putIntoCart(visit, item), 200, 'PUT /cart/items/:productId')
    think(settings)
  }
  expectStatus(readCart(visit), 200, 'GET /cart')
  think(settings)
}
