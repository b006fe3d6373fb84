import type { FastifyRequest } from 'fastify'
import { bestsellersRoutes } from '../orders/bestsellers-routes.ts'
import { ordersRoutes } from '../orders/routes.ts'
import { paymentsRoutes } from '../payments/routes.ts'
import { clientAddress } from '../platform/http/client-address.ts'
import type { App } from '../platform/http/server.ts'
import { flashSaleRoutes } from '../products/flash-sales/routes.ts'
import { productsRoutes } from '../products/routes.ts'
import { ListedProduct } from '../products/schemas.ts'
import { recentlyViewedRoutes } from '../users/recently-viewed/routes.ts'
import { usersRoutes } from '../users/routes.ts'
import { verificationRoutes } from '../users/verification-routes.ts'
import type { Modules } from './compose.ts'
import type { Config } from './config.ts'

/** The routes of those modules that the stage's page names for this app. */
export function mountRoutes(app: App, all: Modules, { modules, proxyKey }: Config): void {
  const addressOf = (request: FastifyRequest) => clientAddress(request, proxyKey)
  const routes = {
    users() {
      usersRoutes(app, all, addressOf)
      verificationRoutes(app, all, addressOf)
      recentlyViewedRoutes(app, all, { schema: ListedProduct, byId: all.productsById })
    },
    products() {
      productsRoutes(app, all)
      flashSaleRoutes(app, all)
    },
    orders() {
      bestsellersRoutes(app, all)
      ordersRoutes(app, all)
    },
    payments: () => paymentsRoutes(app, all),
  }
  for (const module of modules) routes[module]()
}
