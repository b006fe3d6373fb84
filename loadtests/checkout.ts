/**
 * Write-heavy: a shopper who is logged in already looks at one list and one page, orders and pays.
 *
 *     k6 run -e BASE_URL=http://127.0.0.1:4003 -e RATE=5 -e DURATION=30s loadtests/checkout.ts
 */
import exec from 'k6/execution'
import { type BrowseMix, browse } from './browsing.ts'
import { buy } from './buying.ts'
import { loadOptions, runJourney, soldOutThreshold } from './journey.ts'
import { drawsOf } from './popularity.ts'
import { loadSettings } from './settings.ts'
import { logInShoppers, type Shoppers, shopperOf } from './shoppers.ts'
import { WORKLOADS } from './workloads.ts'

const settings = loadSettings(__ENV, WORKLOADS.checkout)
const BEFORE_BUYING: BrowseMix = { lists: 1, listLength: 20, pages: 1 }

export const options = loadOptions(settings, soldOutThreshold(settings))

export function setup(): Shoppers {
  return logInShoppers(settings)
}

export default function checkoutJourney(shoppers: Shoppers): void {
  const draw = drawsOf(settings.seed, exec.scenario.iterationInTest)
  const { visit, key } = shopperOf(shoppers, settings)
  runJourney('checkout', visit, () => {
    browse(visit, draw, settings, BEFORE_BUYING)
    buy(visit, draw, key, settings)
  })
}
