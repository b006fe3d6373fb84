import { noteTiming } from '../platform/http/explain.ts'
import type { Json } from '../platform/http/json-text.ts'
import { cacheObserver } from '../platform/http/metrics.ts'
import { recentlyUsed } from '../platform/process/recently-used.ts'
import type { Products } from './products.ts'
import type { ProductPage } from './schemas.ts'

const MOST_PAGES = 2_000

/** Keeps product pages in this process. Fast, and wrong behind a load balancer: a change is forgotten only where it was made (B11). */
export function localPageCache({ products, ttlMs }: { products: Products; ttlMs: number }): Products {
  const pages = recentlyUsed<Json<ProductPage>>(MOST_PAGES, { ttlMs })
  const observer = cacheObserver('local')
  return {
    list: (request) => products.list(request),
    byIds: (ids) => products.byIds(ids),
    current: (ids) => products.current(ids),
    async page(id) {
      const known = pages.get(id)
      const result = known ? 'hit' : 'miss'
      observer.read(result)
      if (!known) observer.filled()
      noteTiming('cache', `local ${result}`, 0)
      const page = known ?? (await products.page(id))
      if (!known) pages.set(id, page)
      return page
    },
    async change(id, change) {
      const page = await products.change(id, change)
      pages.set(id, page)
      return page
    },
    async stockChanged(ids) {
      for (const id of ids) pages.delete(id)
    },
  }
}
