import Type from 'typebox'
import { Problem } from '../platform/http/problems.ts'
import { DEFAULT_PAGE, PageLimit } from '../platform/http/schemas.ts'
import type { App } from '../platform/http/server.ts'
import type { Products } from '../products/products.ts'
import { ListedProduct } from '../products/schemas.ts'
import type { Bestsellers } from './bestsellers.ts'

const Query = Type.Object({ limit: Type.Optional(PageLimit) }, { additionalProperties: false })
const Bestseller = Type.Object({
  product: ListedProduct,
  sold: Type.Integer({ minimum: 1, description: 'pieces in paid orders' }),
})
/** A list like the others, of which there is one page. */
const BestsellerList = Type.Object({ items: Type.Array(Bestseller), nextCursor: Type.Null() })

type Parts = { readonly bestsellers: Bestsellers; readonly products: Pick<Products, 'byIds'> }

export function bestsellersRoutes(app: App, { bestsellers, products }: Parts): void {
  const response = { 200: BestsellerList, '4xx': Problem, '5xx': Problem }
  const schema = { tags: ['products'], summary: 'What is sold most', querystring: Query, response }
  app.get('/products/bestsellers', { schema }, async ({ query }) => {
    const top = await bestsellers.top(query.limit === undefined ? DEFAULT_PAGE : Number(query.limit))
    const pieces = new Map(top.map(({ productId, pieces }) => [productId, pieces]))
    const shown = await products.byIds([...pieces.keys()])
    return { items: shown.map((product) => ({ product, sold: pieces.get(product.id) ?? 0 })), nextCursor: null }
  })
}
