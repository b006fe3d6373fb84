/** Looking around, as the browse and the mixed load do it. */
import { expectStatus, think } from './journey.ts'
import { type Draw, popularCategory, popularProduct } from './popularity.ts'
import type { LoadSettings } from './settings.ts'
import { listProducts, productPage, type Visit } from './shop.ts'

/**
 * How much of each a journey does. It decides how the work splits between the apps and the database, and so which stage
 * helps by how much: change it only together with the figures in the lessons.
 */
export type BrowseMix = { readonly lists: number; readonly listLength: number; readonly pages: number }
const BROWSE_MIX: BrowseMix = { lists: 3, listLength: 20, pages: 1 }

export function browse(visit: Visit, draw: Draw, settings: LoadSettings, mix: BrowseMix = BROWSE_MIX): void {
  for (let list = 0; list < mix.lists; list++) {
    expectStatus(listProducts(visit, popularCategory(draw), mix.listLength), 200, 'GET /products')
    think(settings)
  }
  for (let page = 0; page < mix.pages; page++) {
    expectStatus(productPage(visit, popularProduct(draw)), 200, 'GET /products/:id')
    think(settings)
  }
}
