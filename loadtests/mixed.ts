/**
 * A shop's ordinary day: one visitor in ten buys, the others look around.
 *
 *     k6 run -e BASE_URL=http://127.0.0.1:4003 -e RATE=20 -e DURATION=30s loadtests/mixed.ts
 */
import { loadOptions, soldOutThreshold } from './journey.ts'
import { mixedJourney } from './mixing.ts'
import { loadSettings } from './settings.ts'
import { logInShoppers, type Shoppers } from './shoppers.ts'
import { WORKLOADS } from './workloads.ts'

const settings = loadSettings(__ENV, WORKLOADS.mixed)
export const options = loadOptions(settings, soldOutThreshold(settings))

export function setup(): Shoppers {
  return logInShoppers(settings)
}

export default function mixedLoad(shoppers: Shoppers): void {
  mixedJourney(shoppers, settings)
}
