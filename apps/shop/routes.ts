import type { FastifyRequest } from 'fastify'
import { adminOrdersRoutes } from '../orders/admin/routes.ts'
import { bestsellersRoutes } from '../orders/bestsellers-routes.ts'
import { cartRoutes } from '../orders/cart/routes.ts'
import { ordersRoutes } from '../orders/routes.ts'
import { paymentsRoutes } from '../payments/routes.ts'
import { clientAddress } from '../platform/http/client-address.ts'
import type { App } from '../platform/http/server.ts'
import { flashSaleRoutes } from '../products/flash-sales/routes.ts'
import { productsInternalRoutes } from '../products/internal-routes.ts'
import { productsRoutes } from '../products/routes.ts'
import { ListedProduct } from '../products/schemas.ts'
import { stockInternalRoutes } from '../products/stock/routes.ts'
import { recentlyViewedRoutes } from '../users/recently-viewed/routes.ts'
import { usersRoutes } from '../users/routes.ts'
import { verificationRoutes } from '../users/verification-routes.ts'
import type { Composed, Modules } from './compose.ts'
import type { Config } from './config.ts'

/** The routes of those modules that run here; a worker has none. */
export function mountRoutes(
  app: App,
  { modules, limits }: Composed,
  { modules: here, proxyKey, internalKey, duty, settings }: Config,
): void {
  if (duty === 'work') return
  const addressOf = (request: FastifyRequest) => clientAddress(request, proxyKey)
  const { users, products, orders, payments } = modules as Modules
  const routes = {
    users() {
      usersRoutes(app, { ...users, limits }, { addressOf, secureCookies: settings.secureCookies === 'on' })
      verificationRoutes(app, { ...users, limits }, addressOf)
      // A list of products: where nobody knows the catalogue there is none.
      if (products) recentlyViewedRoutes(app, users, { schema: ListedProduct, byId: products.products.byIds })
    },
    products() {
      const { flashSales, stock } = products
      productsRoutes(app, { ...users, ...products })
      if (flashSales) flashSaleRoutes(app, { ...users, flashSales })
      if (!internalKey) return
      productsInternalRoutes(app, products.products, internalKey)
      stockInternalRoutes(app, stock, internalKey)
    },
    orders() {
      bestsellersRoutes(app, { ...orders, ...products })
      ordersRoutes(app, { ...users, ...orders, limits })
      adminOrdersRoutes(app, { ...users, ...orders })
      cartRoutes(app, { ...users, ...orders })
    },
    payments: () => paymentsRoutes(app, { ...users, ...payments }),
  }
  for (const module of here) routes[module]()
}
