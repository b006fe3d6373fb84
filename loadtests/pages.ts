/**
 * Read-only, one request a journey: a page of the hundred most popular products, which a cache has after the warm-up. Of so short a
 * journey the tail says most, and of a thousand readers all but one shall wait less than 4 ms: on a stage without sizes, at half of what it carries.
 *
 *     k6 run -e BASE_URL=http://127.0.0.1:4004 -e RATE=500 -e WARM_UP=10s loadtests/pages.ts
 */
import exec from 'k6/execution'
import { expectStatus, loadOptions, runJourney } from './journey.ts'
import { drawsOf, popularProduct } from './popularity.ts'
import { loadSettings } from './settings.ts'
import { productPage } from './shop.ts'
import { WORKLOADS } from './workloads.ts'

const MOST_POPULAR = 100
const TAIL_MS = 4

const settings = loadSettings(__ENV, WORKLOADS.pages)
export const options = loadOptions(settings, { 'journey_duration{scenario:measured}': [`p(99.9)<${TAIL_MS}`] })

export default function pageJourney(): void {
  const draw = drawsOf(settings.seed, exec.scenario.iterationInTest)
  const visit = { baseUrl: settings.baseUrl, shopper: undefined, spentMs: 0 }
  runJourney('pages', visit, () => expectStatus(productPage(visit, popularProduct(draw, MOST_POPULAR)), 200, 'GET /products/:id'))
}
