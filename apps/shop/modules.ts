import type { AllOrders } from '../orders/admin/all-orders.ts'
import type { Sales } from '../orders/admin/sales.ts'
import type { Bestsellers } from '../orders/bestsellers.ts'
import type { Carts } from '../orders/cart/cart.ts'
import type { Orders, PayableOrders } from '../orders/orders.ts'
import type { Subscriber } from '../orders/subscribers.ts'
import type { Payments } from '../payments/payments.ts'
import type { Live } from '../platform/events/live.ts'
import type { FlashSales } from '../products/flash-sales/flash-sales.ts'
import type { Products } from '../products/products.ts'
import type { Stock } from '../products/stock/stock.ts'
import type { Visitors } from '../users/authentication.ts'
import type { RecentlyViewed } from '../users/recently-viewed/recently-viewed.ts'
import type { RevokedSessions } from '../users/revoked-sessions.ts'
import type { Users } from '../users/users.ts'
import type { Verifications } from '../users/verifications.ts'

/** What each module offers, to the others and to the routes; `here` is what it has only in a process that it runs in. */
export type Modules = {
  readonly users: {
    readonly visitors: Visitors
    readonly views: Pick<RecentlyViewed, 'add'>
    readonly here?: {
      readonly users: Users
      readonly verifications: Verifications
      readonly recentlyViewed: RecentlyViewed
      readonly revoked: RevokedSessions
    }
  }
  readonly products: { readonly products: Products; readonly stock: Stock; readonly here?: { readonly flashSales: FlashSales } }
  readonly orders: {
    readonly orders: PayableOrders
    readonly here?: {
      readonly orders: Orders
      readonly carts: Carts
      readonly bestsellers: Bestsellers
      readonly subscribers: readonly Subscriber[]
      readonly allOrders: AllOrders
      readonly sales: Sales
      readonly live?: Live
    }
  }
  readonly payments: { readonly here?: { readonly payments: Payments } }
}
