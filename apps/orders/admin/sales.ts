import type { Store } from '../../platform/mysql/store.ts'
import type { OrdersTables } from '../queries.ts'
import { partial } from './partial.ts'
import { type Span, type Sum, selectSales } from './queries.ts'

type SalesReport = Sum & {
  readonly from: Date
  readonly to: Date
  /** Places whose orders are not in the sum. */
  readonly missing: string[]
}

/** What was sold. A sale is an order that is paid by now, and counts at the moment when it was placed. */
export interface Sales {
  /** Placed at `from` or later and before `to`. Throws UNAVAILABLE where no place can be asked. */
  between(from: Date, to: Date): Promise<SalesReport>
}

/** A span of months takes its time. Less than the 5 s after which any statement is given up, and than the edge waits for an answer. */
const COUNTED_WITHIN_MS = 4_000

/** Nothing was sold before, and no database knows a day after. */
const [EARLIEST, LATEST] = [0, Date.parse('9999-12-31T23:59:59.999Z')]

/** Read where reads go, as the list of all orders is. */
export function makeSales(store: Pick<Store<OrdersTables>, 'each'>): Sales {
  return {
    async between(from, to) {
      const span: Span = { from: known(from), to: known(to) }
      const answers = await store.each(({ reads }) => selectSales(reads, span), { withinMs: COUNTED_WITHIN_MS })
      const { values, missing } = partial(answers)
      return { ...span, ...values.reduce(added), missing }
    },
  }
}

function known(moment: Date): Date {
  return new Date(Math.min(Math.max(moment.getTime(), EARLIEST), LATEST))
}

function added(one: Sum, other: Sum): Sum {
  return { orders: one.orders + other.orders, totalCents: one.totalCents + other.totalCents }
}
