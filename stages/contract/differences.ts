/**
 * What an architecture forces to differ from the others, all else being the contract. Each line is tested as well: a difference that
 * has gone away is as much a surprise as one that has crept in.
 */
export type Differences = {
  /** `x-served-by` names these, of a product's page. */
  readonly apps: readonly string[]
  /** And these where no service is asked. */
  readonly frontDoors: readonly string[]
  /** Whether a log-in outlives a restart of every app process: it does where sessions are kept outside them. */
  readonly sessionsSurviveRestart: boolean
  /** How many times over a limit may be used: each app process counts for itself while counts are kept in its memory. */
  readonly limitsTimes: number
  /** Whether all but the requests in flight go on while one app process is away. */
  readonly outlivesOneApp: boolean
  /** How old the stock in a list of products may be, in milliseconds; on a page it is that after the last order, and a price is never old. */
  readonly listStockAgeMs: number
  /**
   * Answers what never reaches an app. What it could read gets a problem whose requestId is "-"; bytes that it cannot read as HTTP
   * (two Hosts, an Upgrade without its key, and more than 63 KB or 4,000 fields of headers among them), and headers that do not end in
   * time, get a page that is built into it.
   */
  readonly balancer: string | null
}

const ONE_APP = { apps: ['app-1'], frontDoors: [], outlivesOneApp: false, balancer: null } as const
const THREE_APPS = { apps: ['app-1', 'app-2', 'app-3'], frontDoors: [], outlivesOneApp: true, balancer: 'edge' } as const

/** Of services those answer whose the path is, as a product's page; what is nobody's path the gateways answer. */
const PRODUCTS_SERVICE = {
  apps: ['products-1', 'products-2'],
  frontDoors: ['gateway-1', 'gateway-2'],
  outlivesOneApp: true,
  balancer: 'edge',
} as const

const FOUR_APPS = { ...THREE_APPS, apps: [...THREE_APPS.apps, 'app-4'] } as const

const DIFFERENCES: Readonly<Record<number, Differences>> = {
  1: { ...ONE_APP, sessionsSurviveRestart: false, limitsTimes: 1, listStockAgeMs: 0 },
  2: { ...ONE_APP, sessionsSurviveRestart: false, limitsTimes: 1, listStockAgeMs: 0 },
  3: { ...THREE_APPS, sessionsSurviveRestart: true, limitsTimes: 3, listStockAgeMs: 0 },
  4: { ...THREE_APPS, sessionsSurviveRestart: true, limitsTimes: 1, listStockAgeMs: 10_000 },
  5: { ...FOUR_APPS, sessionsSurviveRestart: true, limitsTimes: 1, listStockAgeMs: 10_000 },
  6: { ...PRODUCTS_SERVICE, sessionsSurviveRestart: true, limitsTimes: 1, listStockAgeMs: 10_000 },
}

export function differencesOf(stage: number): Differences {
  const differences = DIFFERENCES[stage]
  if (differences === undefined) throw new Error(`stages/contract/differences.ts says nothing of stage ${stage}`)
  return differences
}
