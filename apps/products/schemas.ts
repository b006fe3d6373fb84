/** The catalogue's shapes: one schema gives the type, the validation and the documentation. */
import Type, { type Static } from 'typebox'
import { Cents, Cursor, Id, Line, PageLimit } from '../platform/http/schemas.ts'

export const ProductPage = Type.Object({
  id: Id,
  name: Type.String(),
  description: Type.String(),
  priceCents: Cents,
  stock: Type.Integer({ minimum: 0 }),
  popularity: Type.Integer({ minimum: 0, description: 'expected visits in a million' }),
  category: Type.Object({ id: Id, name: Type.String() }),
  related: Type.Array(Type.Object({ id: Id, name: Type.String(), priceCents: Cents })),
})
export type ProductPage = Static<typeof ProductPage>

export const ListedProduct = Type.Object({
  id: Id,
  name: Type.String(),
  priceCents: Cents,
  categoryId: Id,
  stock: Type.Integer({ minimum: 0 }),
})
export type ListedProduct = Static<typeof ListedProduct>

/** What of a product counts for who buys it. */
export const PricedProduct = Type.Pick(ListedProduct, ['id', 'name', 'priceCents'])
export type PricedProduct = Static<typeof PricedProduct>

export const ProductList = Type.Object({ items: Type.Array(ListedProduct), nextCursor: Type.Union([Type.String(), Type.Null()]) })
export type ProductList = Static<typeof ProductList>

export const Sort = Type.Union([Type.Literal('popular'), Type.Literal('price'), Type.Literal('-price')])
export type Sort = Static<typeof Sort>

export const ListQuery = Type.Object(
  { category: Type.Optional(Id), sort: Type.Optional(Sort), limit: Type.Optional(PageLimit), cursor: Type.Optional(Cursor) },
  { additionalProperties: false },
)
export const ProductChange = Type.Object(
  {
    priceCents: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000_000 })),
    name: Type.Optional(Line(200)),
    description: Type.Optional(Line(2_000)),
    stock: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
  },
  { additionalProperties: false, minProperties: 1, examples: [{ priceCents: 1_999 }] },
)
export type ProductChange = Static<typeof ProductChange>
