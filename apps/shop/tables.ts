import type { CartTables } from '../orders/cart/queries.ts'
import type { OrdersTables } from '../orders/queries.ts'
import type { SagaTables } from '../orders/saga/queries.ts'
import type { PaymentsTables } from '../payments/queries.ts'
import type { FlashSalesTables } from '../products/flash-sales/queries.ts'
import type { ProductsTables } from '../products/queries.ts'
import type { ReservationsTables } from '../products/stock/queries.ts'
import type { UsersTables } from '../users/queries.ts'
import type { ViewsTables } from '../users/recently-viewed/queries.ts'
import type { ShopTables } from './queries.ts'
import type { LeaseTables } from './shared-work/queries.ts'

/** Every table there is, for what looks at a whole database from above: preparing it, and checking it. No module may. */
export type Tables = ShopTables &
  LeaseTables &
  UsersTables &
  ViewsTables &
  ProductsTables &
  FlashSalesTables &
  OrdersTables &
  CartTables &
  SagaTables &
  ReservationsTables &
  PaymentsTables
