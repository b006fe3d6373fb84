/**
 * The mixed load with ten times the rate for ten seconds in the middle.
 *
 *     k6 run -e BASE_URL=http://127.0.0.1:4003 -e RATE=3 -e DURATION=60s loadtests/spike.ts
 */
import { loadOptions, soldOutThreshold } from './journey.ts'
import { mixedJourney } from './mixing.ts'
import { loadSettings } from './settings.ts'
import { logInShoppers, type Shoppers } from './shoppers.ts'
import { WORKLOADS } from './workloads.ts'

const settings = loadSettings(__ENV, WORKLOADS.spike)
export const options = loadOptions(settings, soldOutThreshold(settings))

export function setup(): Shoppers {
  return logInShoppers(settings)
}

export default function spikeLoad(shoppers: Shoppers): void {
  mixedJourney(shoppers, settings)
}
