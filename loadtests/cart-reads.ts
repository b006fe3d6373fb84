/**
 * Read-only, one request a journey: a shopper looks at a cart that has something in it. Of a thousand all but one shall wait less than
 * 4 ms: on a stage with a cache and without sizes, at half of what it carries.
 *
 *     k6 run -e BASE_URL=http://127.0.0.1:4004 -e RATE=200 -e WARM_UP=10s loadtests/cart-reads.ts
 */
import { expectStatus, loadOptions, runJourney } from './journey.ts'
import { drawsOf, popularProduct } from './popularity.ts'
import { loadSettings } from './settings.ts'
import { putIntoCart, readCart } from './shop.ts'
import { logInShoppers, MOST_LOG_INS, type Shoppers, shopperOf } from './shoppers.ts'
import { WORKLOADS } from './workloads.ts'

const PRODUCTS_IN_A_CART = 3
const TAIL_MS = 4

const settings = loadSettings(__ENV, WORKLOADS['cart-reads'])
export const options = loadOptions(settings, { 'journey_duration{scenario:measured}': [`p(99.9)<${TAIL_MS}`] })

export function setup(): Shoppers {
  const gathered = logInShoppers(settings, MOST_LOG_INS)
  for (const [index, shopper] of gathered.shoppers.entries()) {
    const draw = drawsOf(settings.seed, index)
    const visit = { baseUrl: settings.baseUrl, shopper, spentMs: 0 }
    for (let count = 0; count < PRODUCTS_IN_A_CART; count++)
      expectStatus(putIntoCart(visit, { productId: popularProduct(draw), quantity: 1 }), 200, 'PUT /cart/items/:productId')
  }
  return gathered
}

export default function cartReadJourney(shoppers: Shoppers): void {
  const { visit } = shopperOf(shoppers, settings)
  runJourney('cart-reads', visit, () => expectStatus(readCart(visit), 200, 'GET /cart'))
}
