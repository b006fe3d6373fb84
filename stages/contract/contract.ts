/**
 * The contract: what every architecture of the shop promises over HTTP. It is a black box's contract, so that the same suite holds a
 * stage started by the tests and a shop of which only the address is known.
 */
import { administrationContract } from './administration.ts'
import { answersContract } from './answers.ts'
import { bestsellersContract } from './bestsellers.ts'
import { bodiesContract } from './bodies.ts'
import { cancellationsContract } from './cancellations.ts'
import { cartsContract } from './carts.ts'
import type { Target } from './client.ts'
import { descriptionContract } from './description.ts'
import { flashSalesContract } from './flash-sales.ts'
import { idempotencyContract } from './idempotency.ts'
import { limitsContract } from './limits.ts'
import { methodsContract } from './methods.ts'
import { operationsContract } from './operations.ts'
import { ordersContract } from './orders.ts'
import { paymentsContract } from './payments.ts'
import { productChangesContract } from './product-changes.ts'
import { productsContract } from './products.ts'
import { recentlyViewedContract } from './recently-viewed.ts'
import { sessionsContract } from './sessions.ts'
import { usersContract } from './users.ts'
import { verificationsContract } from './verifications.ts'

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
