import { type Call, type RemotePlace, remote } from '../platform/calls/remote.ts'
import { INTERNAL_PATHS as PATHS } from './paths.ts'
import type { Products } from './products.ts'
import type { ListedProduct, PricedProduct, ProductList, ProductPage } from './schemas.ts'

/** The catalogue of another process. */
export function productsClient(place: RemotePlace): Products {
  const call: Call = remote(place)
  return {
    page: async (id) => (await call('GET', PATHS.page(encodeURIComponent(id)))) as ProductPage,
    list: async (request) => (await call('POST', PATHS.list, request)) as ProductList,
    change: async (id, change) => (await call('PATCH', PATHS.page(encodeURIComponent(id)), change)) as ProductPage,
    byIds: async (ids) => (await call('POST', PATHS.byIds, { ids })) as ListedProduct[],
    current: async (ids) => (await call('POST', PATHS.current, { ids })) as PricedProduct[],
    async stockChanged(ids) {
      // Never throws: what is shown may be old for a while, and the order stands.
      await call('POST', PATHS.stockChanged, { ids }).catch(() => undefined)
    },
  }
}
