import type { FastifyRequest } from 'fastify'
import { adminOrdersRoutes } from '../orders/admin/routes.ts'
import { bestsellersRoutes } from '../orders/bestsellers-routes.ts'
import { cartRoutes } from '../orders/cart/routes.ts'
import { orderEventsRoutes } from '../orders/event-routes.ts'
import { ordersInternalRoutes } from '../orders/internal-routes.ts'
import { ordersRoutes } from '../orders/routes.ts'
import { paymentsRoutes } from '../payments/routes.ts'
import { identityOf } from '../platform/calls/callers.ts'
import { clientAddress } from '../platform/http/client-address.ts'
import type { App } from '../platform/http/server.ts'
import { flashSaleRoutes } from '../products/flash-sales/routes.ts'
import { productsInternalRoutes } from '../products/internal-routes.ts'
import { productsRoutes } from '../products/routes.ts'
import { ListedProduct } from '../products/schemas.ts'
import { stockInternalRoutes } from '../products/stock/routes.ts'
import { addressesInternalRoutes, revocationsInternalRoutes } from '../users/internal-routes.ts'
import { viewsInternalRoutes } from '../users/recently-viewed/internal-routes.ts'
import { recentlyViewedRoutes } from '../users/recently-viewed/routes.ts'
import { usersRoutes } from '../users/routes.ts'
import { verificationRoutes } from '../users/verification-routes.ts'
import type { Composed } from './compose.ts'
import type { Config } from './config.ts'
import type { Modules } from './modules.ts'

/** The routes of those modules that run here; a worker has none. */
export function mountRoutes(
  app: App,
  { modules, limits }: Composed,
  { modules: here, proxyKey, callers, duty, settings }: Config,
  draining: AbortSignal,
): void {
  if (duty === 'work') return
  const addressOf = (request: FastifyRequest) => identityOf(request)?.address ?? clientAddress(request, proxyKey)
  const { users, products, orders, payments } = modules as Modules
  const { visitors } = users
  const routes = {
    users() {
      if (!users.here) return
      usersRoutes(
        app,
        { ...users.here, visitors, limits: limits() },
        { addressOf, secureCookies: settings.secureCookies === 'on' },
      )
      verificationRoutes(app, { ...users.here, limits: limits() }, addressOf)
      // A list of products: where nobody knows the catalogue there is none.
      if (products)
        recentlyViewedRoutes(app, { ...users.here, visitors }, { schema: ListedProduct, byId: products.products.byIds })
      if (!callers) return
      revocationsInternalRoutes(app, users.here.revoked)
      addressesInternalRoutes(app, users.here.users)
      viewsInternalRoutes(app, users.here.recentlyViewed)
    },
    products() {
      productsRoutes(app, { ...users, ...products })
      if (products.here) flashSaleRoutes(app, { visitors, ...products.here })
      if (!callers) return
      productsInternalRoutes(app, products.products)
      stockInternalRoutes(app, products.stock)
    },
    orders() {
      if (!orders.here) return
      bestsellersRoutes(app, { ...orders.here, ...products })
      ordersRoutes(app, { visitors, ...orders.here, limits: limits() })
      adminOrdersRoutes(app, { visitors, ...orders.here })
      cartRoutes(app, { visitors, ...orders.here })
      const { orders: known, live } = orders.here
      if (live) orderEventsRoutes(app, { visitors, orders: known, live, draining })
      if (callers) ordersInternalRoutes(app, orders.orders)
    },
    payments() {
      if (payments.here) paymentsRoutes(app, { visitors, ...payments.here })
    },
  }
  for (const module of here) routes[module]()
}
