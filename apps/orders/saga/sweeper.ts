/** Ends what nobody has ended: requests whose process died between two steps, pieces that could not be given back, and what is to be kept. */
import { observeUnsettledOrders } from '../../platform/http/metrics.ts'
import { type Repeated, repeated } from '../../platform/process/repeated.ts'
import type { SagaParts } from './checkout-saga.ts'
import { giveBack } from './give-back.ts'
import type { Intent, Owed } from './saga-orders.ts'
import { DUTIES } from './steps.ts'

/** With the lease of 8 s all that was left is ended within 10. */
const SWEEP_EVERY_MS = 1_000
const ORDERS_A_PAGE = 500

/** Where there is no worker every copy of the app sweeps: each step may be repeated, so two do no harm. */
export function sagaSweeper(parts: SagaParts): Repeated {
  return repeated('ending orders that were left half placed', SWEEP_EVERY_MS, (stopped) => sweep(parts, stopped))
}

/** Whatever fails is tried again in the next sweep, and keeps nothing else from being ended. Throws the first failure: the log hears of it. */
export async function sweep(parts: SagaParts, stopped: () => boolean = () => false): Promise<void> {
  const failures: unknown[] = []
  const attempt: Attempt = async (work) => {
    if (!stopped()) await work().catch((error) => failures.push(error))
  }
  await attempt(async () => {
    const { intents, owed, missing } = await parts.orders.leftovers()
    for (const intent of intents) await attempt(() => endIntent(parts, intent))
    for (const order of owed) await attempt(() => bringBack(parts, order))
    failures.push(...missing.map(({ reason }) => reason))
  })
  const { stock } = parts
  await attempt(() => byPages(stock.unsettled, stopped, (page) => settlePage(parts, page, attempt)))
  await attempt(() => byPages(stock.outlived, stopped, (page) => forgetRefused(parts, page)))
  observeUnsettledOrders(failures.length)
  if (failures.length > 0) throw failures[0]
}

type Attempt = (work: () => Promise<unknown>) => Promise<void>

/** The refusal is written first: from then on the order cannot be placed any more. */
async function endIntent({ orders, stock }: SagaParts, intent: Intent): Promise<void> {
  const state = await orders.refuse(intent)
  if (DUTIES[state] === 'give back') await giveBack(stock, intent.orderId)
}

async function bringBack({ orders, stock }: SagaParts, { orderId, items }: Owed): Promise<void> {
  await giveBack(stock, orderId, items)
  await orders.settle(orderId)
}

type Page = readonly string[]
type Pages = SagaParts['stock']['unsettled']

/** All that are due, however many cannot be settled: they must not stand in the way of the others. */
async function byPages(next: Pages, stopped: () => boolean, work: (page: Page) => Promise<void>): Promise<void> {
  for (let after = ''; !stopped(); ) {
    const page = await next(after, ORDERS_A_PAGE)
    const last = page.at(-1)
    if (last === undefined) return
    await work(page)
    after = last
  }
}

/** What the orders' own databases do not say nobody else knows: those pieces stay where they are. */
async function settlePage({ orders, stock }: SagaParts, ids: Page, attempt: Attempt): Promise<void> {
  const states = await orders.states(ids)
  const dutyOf = (id: string) => {
    const state = states.get(id)
    return state ? DUTIES[state] : 'ask again'
  }
  const { keep = [], 'give back': back = [], 'ask again': unknown = [] } = Object.groupBy(ids, dutyOf)
  if (keep.length > 0) await attempt(() => stock.keep(keep))
  for (const id of back) await attempt(() => giveBack(stock, id))
  for (const id of unknown) await attempt(() => Promise.reject(new Error(`nobody can say now what became of order ${id}`)))
}

/** Of an order that was placed somebody may still be about to give back what it took: its own mark says that this was done. */
async function forgetRefused({ orders, stock }: SagaParts, ids: Page): Promise<void> {
  const states = await orders.states(ids)
  const refused = ids.filter((id) => states.get(id) === 'refused')
  if (refused.length > 0) await stock.forget(refused)
}
