/**
 * The contract: what every architecture of the shop promises over HTTP. It is a black box's contract, so that the same suite holds a
 * stage started by the tests and a shop of which only the address is known.
 */

import type { Target } from './client.ts'
import { answersContract } from './http/answers.ts'
import { bodiesContract } from './http/bodies.ts'
import { descriptionContract } from './http/description.ts'
import { idempotencyContract } from './http/idempotency.ts'
import { limitsContract } from './http/limits.ts'
import { methodsContract } from './http/methods.ts'
import { operationsContract } from './http/operations.ts'
import { administrationContract } from './shop/administration.ts'
import { bestsellersContract } from './shop/bestsellers.ts'
import { cancellationsContract } from './shop/cancellations.ts'
import { cartsContract } from './shop/carts.ts'
import { flashSalesContract } from './shop/flash-sales.ts'
import { ordersContract } from './shop/orders.ts'
import { paymentsContract } from './shop/payments.ts'
import { productChangesContract } from './shop/product-changes.ts'
import { productsContract } from './shop/products.ts'
import { recentlyViewedContract } from './shop/recently-viewed.ts'
import { sessionsContract } from './shop/sessions.ts'
import { usersContract } from './shop/users.ts'
import { verificationsContract } from './shop/verifications.ts'

export function contract(target: () => Target): void {
  for (const topic of TOPICS) topic(target)
}

const TOPICS = [
  usersContract,
  sessionsContract,
  productsContract,
  productChangesContract,
  ordersContract,
  cancellationsContract,
  cartsContract,
  paymentsContract,
  bestsellersContract,
  administrationContract,
  recentlyViewedContract,
  verificationsContract,
  flashSalesContract,
  idempotencyContract,
  answersContract,
  bodiesContract,
  methodsContract,
  operationsContract,
  descriptionContract,
  limitsContract,
]
