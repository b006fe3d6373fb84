/**
 * How load changes over a run, each shape named once. All are open models: journeys arrive at their rate whether or not the
 * shop keeps up, and an arrival that finds no free virtual user is a dropped journey.
 */
export type Step = {
  /** Journeys a second, reached at the end of the step in a straight line from the step before. */
  readonly rate: number
  readonly seconds: number
}

type Shape = (rate: number, seconds: number) => { readonly start: number; readonly steps: readonly Step[] }

export const SHAPES = {
  steady: (rate, seconds) => ({ start: rate, steps: [{ rate, seconds }] }),
  /** From a tenth of the rate to all of it. */
  ramp: (rate, seconds) => ({ start: rate / 10, steps: [{ rate, seconds }] }),
  /** Ten times the rate for 10 s, between two thirds of the remaining time before it and one third after it. */
  spike: (rate, seconds) => ({
    start: rate,
    steps: [
      { rate, seconds: Math.max(1, Math.round(((seconds - 10) * 2) / 3)) },
      { rate: 10 * rate, seconds: 0 },
      { rate: 10 * rate, seconds: 10 },
      { rate, seconds: 0 },
      { rate, seconds: Math.max(1, Math.round((seconds - 10) / 3)) },
    ],
  }),
} as const satisfies Record<string, Shape>

export type ShapeName = keyof typeof SHAPES

export type Load = {
  readonly shape: ShapeName
  readonly rate: number
  readonly durationS: number
  readonly warmUpS: number
  readonly p95Ms: number
  readonly thinkMs: number
}

/** The k6 scenarios of a load: `measured`, and `warm_up` before it, which no threshold looks at. */
export function scenariosOf(load: Load): Record<string, Scenario> {
  const { start, steps } = SHAPES[load.shape](load.rate, load.durationS)
  const measured = scenario(load, start, steps, load.warmUpS)
  if (load.warmUpS === 0) return { measured }
  return { warm_up: scenario(load, load.rate, [{ rate: load.rate, seconds: load.warmUpS }], 0), measured }
}

/** The most journeys that arrive in any minute of the run, so that enough shoppers can be logged in. */
export function busiestMinute(load: Load): number {
  const { start, steps } = SHAPES[load.shape](load.rate, load.durationS)
  const perSecond = [...perSecondOf(load.rate, [{ rate: load.rate, seconds: load.warmUpS }]), ...perSecondOf(start, steps)]
  const minutes = perSecond.map((_, second) => sum(perSecond.slice(second, second + 60)))
  return Math.max(...minutes)
}

type Scenario = {
  executor: 'ramping-arrival-rate'
  startTime: string
  startRate: number
  timeUnit: '10s'
  stages: { target: number; duration: string }[]
  preAllocatedVUs: number
  gracefulStop: string
}

/** Rates are given for 10 s, since k6 takes only whole numbers. No virtual user is added in the middle: starting one costs CPU. */
function scenario(load: Load, start: number, steps: readonly Step[], startS: number): Scenario {
  return {
    executor: 'ramping-arrival-rate',
    startTime: `${startS}s`,
    startRate: Math.round(10 * start),
    timeUnit: '10s',
    stages: steps.map(({ rate, seconds }) => ({ target: Math.round(10 * rate), duration: `${seconds}s` })),
    preAllocatedVUs: virtualUsers(Math.max(start, ...steps.map(({ rate }) => rate)), load),
    gracefulStop: '30s',
  }
}

/** By Little's law: enough for journeys that take twice what they may. More would only make the queue longer. */
function virtualUsers(peakRate: number, { p95Ms, thinkMs }: Load): number {
  const journeyS = (2 * p95Ms + 10 * thinkMs) / 1_000
  return Math.min(1_000, Math.max(20, Math.ceil(peakRate * journeyS)))
}

function perSecondOf(start: number, steps: readonly Step[]): number[] {
  return steps.flatMap(({ rate, seconds }, index) => {
    const from = index === 0 ? start : (steps[index - 1]?.rate ?? start)
    return Array.from({ length: seconds }, (_, second) => from + ((rate - from) * (second + 0.5)) / seconds)
  })
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
