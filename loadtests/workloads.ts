/** The workloads by name, each a script of the same name beside this file, with the load that it gets when nothing else is said. */
import type { ShapeName } from './shapes.ts'

export type Workload = {
  readonly about: string
  /** Journeys a second. */
  readonly rate: number
  readonly durationS: number
  readonly shape: ShapeName
  /** What the 95th percentile of a journey may be. */
  readonly p95Ms: number
  /** Whether load before the measured part may warm the shop up. */
  readonly warmUp: boolean
}

const ORDINARY = { durationS: 30, shape: 'steady', p95Ms: 250, warmUp: true } as const

export const WORKLOADS = {
  browse: { ...ORDINARY, about: 'read-heavy: three lists, one product page', rate: 20 },
  checkout: { ...ORDINARY, about: 'write-heavy: a list, a page, an order, a payment', rate: 5 },
  cart: { ...ORDINARY, about: 'a cart is filled, looked at and ordered, and the order paid', rate: 5 },
  'cart-reads': { ...ORDINARY, about: 'a cart is looked at: what a cache answers', rate: 100 },
  mixed: { ...ORDINARY, about: 'one visitor in ten buys', rate: 10 },
  pages: { ...ORDINARY, about: 'one page of the hundred most popular products: what a cache answers', rate: 100 },
  spike: { ...ORDINARY, about: 'mixed, ten times as much for 10 s', rate: 3, durationS: 60, shape: 'spike', p95Ms: 1_000 },
  'flash-sale': {
    ...ORDINARY,
    about: 'one product, 100 pieces, thousands of buyers',
    rate: 100,
    durationS: 20,
    p95Ms: 1_000,
    warmUp: false,
  },
  smoke: { ...ORDINARY, about: 'one pass over every route, no load', rate: 0.1, durationS: 60, warmUp: false },
} as const satisfies Record<string, Workload>

export type WorkloadName = keyof typeof WORKLOADS

export function isWorkload(name: string): name is WorkloadName {
  return Object.hasOwn(WORKLOADS, name)
}
