/** Logged-in shoppers, made once before the load: hashing a password is dear on purpose, and no part of a checkout. */
import exec from 'k6/execution'
import { record } from './history.ts'
import type { LoadSettings } from './settings.ts'
import { busiestMinute } from './shapes.ts'
import { bodyOf, logIn, type Shopper, type Visit } from './shop.ts'

/** What `setup()` hands to every virtual user. */
export type Shoppers = { readonly run: string; readonly shoppers: readonly Shopper[] }

const SHOPPERS = 1_000
const PASSWORD = 'outgrow-demo-password'
/** Who may log in for one run: a fifth of the shop's 300 log-ins a minute for each address. */
export const MOST_LOG_INS = 60

/** Who has been logged in for several runs, where a file of them is named. */
const LOGGED_IN: readonly Shopper[] | undefined = __ENV.SHOPPERS ? JSON.parse(open(__ENV.SHOPPERS)) : undefined

/** As many as keep the limits of orders, unless it is said how many, or who. */
export function logInShoppers(settings: LoadSettings, count?: number): Shoppers {
  const run = __ENV.RUN ?? Date.now().toString(36)
  const shoppers = LOGGED_IN ?? logInSome(settings, run, count ?? shoppersFor(settings))
  record({ kind: 'run', run, userIds: shoppers.map(({ userId }) => userId) })
  return { run, shoppers }
}

export function logInAdmin(baseUrl: string): Visit {
  return { baseUrl, shopper: logInAs(baseUrl, 'admin@example.com'), spentMs: 0 }
}

/** The visitor of this iteration, and a key that no other operation of this or any other run has. */
export function shopperOf({ run, shoppers }: Shoppers, { baseUrl }: LoadSettings): { visit: Visit; key: string } {
  const iteration = exec.scenario.iterationInTest
  const key = `${run}-${exec.scenario.name}-${iteration}`
  return { visit: { baseUrl, shopper: shoppers[iteration % shoppers.length], spentMs: 0 }, key }
}

function logInSome({ baseUrl }: LoadSettings, run: string, count: number): Shopper[] {
  const first = firstShopper(run)
  return Array.from({ length: count }, (_, index) => logInShopper(baseUrl, ((first + index) % SHOPPERS) + 1))
}

/** Another run takes other shoppers, so that the limits of the one before do not count against it. */
function firstShopper(run: string): number {
  return [...run].reduce((hash, letter) => (31 * hash + letter.charCodeAt(0)) % SHOPPERS, 0)
}

/** So many that each stays at four fifths of the orders that an account may place in a minute. */
function shoppersFor(settings: LoadSettings): number {
  const needed = Math.ceil(busiestMinute(settings) / (0.8 * settings.ordersPerMinute))
  if (needed <= MOST_LOG_INS) return Math.max(needed, 1)
  const limit = `${settings.ordersPerMinute} orders a minute for each of at most ${MOST_LOG_INS} shoppers`
  throw new Error(
    `RATE=${settings.rate} is more than ${limit} can place: start the stage with --set ordersPerMinute=${100 * settings.ordersPerMinute}`,
  )
}

function logInShopper(baseUrl: string, number: number): Shopper {
  return logInAs(baseUrl, `shopper-${String(number).padStart(4, '0')}@example.com`)
}

function logInAs(baseUrl: string, email: string): Shopper {
  const answer = logIn(baseUrl, email, PASSWORD)
  const sid = answer.cookies.sid?.[0]?.value
  const userId = bodyOf<{ id: string }>(answer)?.id
  if (answer.status === 201 && sid !== undefined && userId !== undefined) return { sid, userId }
  throw new Error(`log-in of ${email} at ${baseUrl}: ${answer.error || `status ${answer.status}`}`)
}
