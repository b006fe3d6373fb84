/** One journey is one iteration: it finishes when every step was answered as the contract says, and breaks off at the first that was not. */
import { check, sleep } from 'k6'
import { Counter, Rate, Trend } from 'k6/metrics'
import type { Options } from 'k6/options'
import type { LoadSettings } from './settings.ts'
import { scenariosOf } from './shapes.ts'
import type { Answer, Visit } from './shop.ts'

const duration = new Trend('journey_duration', true)
const failed = new Rate('journeys_failed')
const soldOut = new Counter('journeys_sold_out')

/** The options every load script shares: an open model, and thresholds that decide k6's exit status. */
export function loadOptions(settings: LoadSettings, thresholds: Options['thresholds'] = {}): Options {
  return {
    scenarios: scenariosOf(settings) as Options['scenarios'],
    setupTimeout: '120s',
    discardResponseBodies: true,
    systemTags: ['scenario', 'name', 'status', 'expected_response', 'check', 'error_code'],
    summaryTrendStats: ['med', 'p(95)', 'p(99)', 'p(99.9)', 'avg', 'min', 'max'],
    thresholds: { ...thresholdsOf(settings), ...thresholds },
  }
}

function thresholdsOf({ p95Ms }: LoadSettings): NonNullable<Options['thresholds']> {
  return {
    'journey_duration{scenario:measured}': [`p(95)<=${p95Ms}`],
    'journeys_failed{scenario:measured}': ['rate<=0.001'],
    'http_req_failed{scenario:measured}': ['rate<=0.001'],
    'dropped_iterations{scenario:measured}': ['count==0'],
    checks: ['rate==1'],
  }
}

/** Where shelves are empty a journey is cheap and says nothing about buying: at most one in a hundred. */
export function soldOutThreshold({ rate, durationS }: LoadSettings): NonNullable<Options['thresholds']> {
  return { 'journeys_sold_out{scenario:measured}': [`count<=${Math.ceil(0.01 * rate * durationS)}`] }
}

/** Does the steps and counts how they ended. `name` tells the journeys of a mixed load apart. */
export function runJourney(name: string, visit: Visit, steps: (visit: Visit) => void): void {
  const ending = endingOf(visit, steps)
  const tags = { journey: name }
  if (ending === 'finished') duration.add(visit.spentMs, tags)
  if (ending === 'sold-out') soldOut.add(1, tags)
  failed.add(ending === 'unavailable' || ending === 'wrong', tags)
  check(ending, ANSWERS)
}

type Ending = 'finished' | 'sold-out' | 'unavailable' | 'wrong'

/** The shop may be unavailable now and then (the failure thresholds allow for it), but it may never answer wrongly. */
const ANSWERS = { 'every answer is one the contract allows': (ending: Ending) => ending !== 'wrong' }

function endingOf(visit: Visit, steps: (visit: Visit) => void): Ending {
  try {
    steps(visit)
    return 'finished'
  } catch (error) {
    if (error instanceof JourneyEnd) return error.ending
    throw error
  }
}

class JourneyEnd extends Error {
  readonly ending: Ending
  constructor(ending: Ending) {
    super(ending)
    this.ending = ending
  }
}

/** Ends the journey here unless the answer has this status. */
export function expectStatus(answer: Answer, status: number, step: string): void {
  if (answer.status === status) return
  const ending = isUnavailable(answer) ? 'unavailable' : 'wrong'
  if (ending === 'wrong') console.error(`${step}: status ${answer.status} instead of ${status}`)
  throw new JourneyEnd(ending)
}

/** Ends a journey that found nothing left to buy. */
export function endSoldOut(): never {
  throw new JourneyEnd('sold-out')
}

/** No answer (k6 gives status 0) or a server error. */
function isUnavailable(answer: Answer): boolean {
  return answer.status === 0 || answer.status >= 500
}

/** A pause between two steps; it does not count as waiting for the shop. */
export function think({ thinkMs }: LoadSettings): void {
  if (thinkMs > 0) sleep(thinkMs / 1_000)
}
