/**
 * Read-heavy: the most popular products of three categories, then a product page.
 *
 *     k6 run -e BASE_URL=http://127.0.0.1:4003 -e RATE=50 -e DURATION=30s loadtests/browse.ts
 */
import exec from 'k6/execution'
import { browse } from './browsing.ts'
import { loadOptions, runJourney } from './journey.ts'
import { drawsOf } from './popularity.ts'
import { loadSettings } from './settings.ts'
import { WORKLOADS } from './workloads.ts'

const settings = loadSettings(__ENV, WORKLOADS.browse)
export const options = loadOptions(settings)

export default function browseJourney(): void {
  const draw = drawsOf(settings.seed, exec.scenario.iterationInTest)
  runJourney('browse', { baseUrl: settings.baseUrl, shopper: undefined, spentMs: 0 }, (visit) => browse(visit, draw, settings))
}
