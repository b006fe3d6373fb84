import Type from 'typebox'
import { type Needs, reading } from '../platform/calls/needs.ts'
import { INTERNAL_PATHS as CATALOGUE, STOCK_PATHS as SHELF } from '../products/paths.ts'
import type { ListedProduct, PricedProduct } from '../products/schemas.ts'
import type { Line } from '../products/stock/stock.ts'

const id = Type.String()
const name = Type.String()
const count = Type.Integer()
const Ids = Type.Object({ ids: Type.Array(id) })
const OrderIds = Type.Object({ orderIds: Type.Array(id) })
const Page = Type.Object({ after: id, most: count })
const items = Type.Array(Type.Object({ productId: id, quantity: count }))
const lines = Type.Array(Type.Object({ productId: id, name, quantity: count, unitPriceCents: count }))

/** What orders ask of the catalogue and of its shelf. */
export const ORDERS_NEED: Needs = {
  products: {
    [`POST ${CATALOGUE.byIds}`]: {
      sends: Ids,
      reads: reading<ListedProduct[]>()(Type.Array(Type.Object({ id, name, priceCents: count, categoryId: id, stock: count }))),
    },
    [`POST ${CATALOGUE.current}`]: {
      sends: Ids,
      reads: reading<PricedProduct[]>()(Type.Array(Type.Object({ id, name, priceCents: count }))),
    },
    [`POST ${CATALOGUE.stockChanged}`]: { sends: Ids },
    [`POST ${SHELF.take}`]: { sends: Type.Object({ orderId: id, items }), reads: reading<Line[]>()(lines) },
    [`POST ${SHELF.giveBack}`]: { sends: Type.Object({ orderId: id, items: Type.Optional(items) }) },
    [`POST ${SHELF.keep}`]: { sends: OrderIds },
    [`POST ${SHELF.unsettled}`]: { sends: Page, reads: Type.Array(id) },
    [`POST ${SHELF.outlived}`]: { sends: Page, reads: Type.Array(id) },
    [`POST ${SHELF.forget}`]: { sends: OrderIds },
  },
}
