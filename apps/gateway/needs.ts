import Type from 'typebox'
import { PUBLIC_PATHS as OF_ORDERS } from '../orders/paths.ts'
import { PUBLIC_PATHS as OF_PAYMENTS } from '../payments/paths.ts'
import { type Needs, passingOn, reading } from '../platform/calls/needs.ts'
import { INTERNAL_PATHS as CATALOGUE, PUBLIC_PATHS as OF_PRODUCTS } from '../products/paths.ts'
import type { ListedProduct } from '../products/schemas.ts'
import { PUBLIC_PATHS as OF_USERS, INTERNAL_PATHS as USERS } from '../users/paths.ts'

const id = Type.String()
const count = Type.Integer()
const listed = Type.Object({ id, name: Type.String(), priceCents: count, categoryId: id, stock: count })

/** What the front door asks by itself, and whose paths it passes on. */
export const GATEWAY_NEEDS: Needs = {
  users: {
    ...passingOn(OF_USERS),
    [`POST ${USERS.revokedSessions}`]: { sends: Type.Object({ after: id, most: count }), reads: Type.Array(id) },
    [`POST ${USERS.isRevoked}`]: {
      sends: Type.Object({ hash: id }),
      reads: Type.Object({ isRevoked: Type.Boolean() }),
    },
    [`GET ${USERS.recentlyViewed(':id')}`]: { reads: Type.Array(id) },
  },
  products: {
    ...passingOn(OF_PRODUCTS),
    [`POST ${CATALOGUE.byIds}`]: {
      sends: Type.Object({ ids: Type.Array(id) }),
      reads: reading<ListedProduct[]>()(Type.Array(listed)),
    },
  },
  orders: passingOn(OF_ORDERS),
  payments: passingOn(OF_PAYMENTS),
}
