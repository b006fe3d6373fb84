/** A shop's ordinary day: one visitor in ten buys, the others look around. */
import exec from 'k6/execution'
import { browse } from './browsing.ts'
import { buy } from './buying.ts'
import { runJourney } from './journey.ts'
import { drawsOf } from './popularity.ts'
import type { LoadSettings } from './settings.ts'
import { type Shoppers, shopperOf } from './shoppers.ts'

const BUYERS_SHARE = 0.1

export function mixedJourney(shoppers: Shoppers, settings: LoadSettings): void {
  const draw = drawsOf(settings.seed, exec.scenario.iterationInTest)
  const { visit, key } = shopperOf(shoppers, settings)
  const buys = draw() < BUYERS_SHARE
  runJourney(buys ? 'buy' : 'look', visit, () => {
    browse(visit, draw, settings)
    if (buys) buy(visit, draw, key, settings)
  })
}
