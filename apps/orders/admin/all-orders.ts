import type { Store } from '../../platform/mysql/store.ts'
import { decodeOrderId, encodeOrderId } from '../list-cursor.ts'
import type { Order, OrderStatus } from '../order.ts'
import type { OrdersTables, WholeOrder } from '../queries.ts'
import { toOrder } from '../stored-orders.ts'
import { partial } from './partial.ts'
import { selectNewest } from './queries.ts'

type AnybodysOrder = Order & { readonly userId: string }
type AnybodysOrders = {
  readonly items: AnybodysOrder[]
  readonly nextCursor: string | null
  /** Places of which no order is in this page. */
  readonly missing: string[]
}
type ListRequest = { readonly limit: number; readonly status?: OrderStatus; readonly cursor?: string }

/** The orders of all customers. */
export interface AllOrders {
  /** Newest first. Throws BAD_REQUEST for a wrong cursor, UNAVAILABLE where no place can be asked. */
  list(request: ListRequest): Promise<AnybodysOrders>
}

/** A group has replaced a server that hangs by then; a place that still has not answered is left out. */
const LISTED_WITHIN_MS = 2_000

/**
 * Read where reads go: a replica that is up to its lag limit behind. Nobody has just written what he looks for here, and the primary
 * has orders to take.
 */
export function makeAllOrders(store: Pick<Store<OrdersTables>, 'each'>): AllOrders {
  return {
    async list({ limit, status, cursor }) {
      const page = { ...(status && { status }), ...(cursor !== undefined && { before: decodeOrderId(cursor) }), most: limit + 1 }
      const answers = await store.each(({ reads }) => selectNewest(reads, page), { withinMs: LISTED_WITHIN_MS })
      const { values, missing } = partial(answers)
      const found = values.flat().sort(newestFirst)
      const shown = found.slice(0, limit)
      const last = found.length > limit ? shown.at(-1) : undefined
      return { items: shown.map(toAnybodysOrder), nextCursor: last ? encodeOrderId(last.row.id) : null, missing }
    },
  }
}

/** Made later, sorts later, wherever it was made. */
function newestFirst(one: WholeOrder, other: WholeOrder): number {
  return one.row.id < other.row.id ? 1 : -1
}

function toAnybodysOrder({ row, lines }: WholeOrder): AnybodysOrder {
  return { ...toOrder(row, lines), userId: row.user_id }
}
