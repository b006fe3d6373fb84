/** What of the shop's own paths is answered by this module, and the methods that they take. */
export const PUBLIC_PATHS = {
  '/products': ['GET'],
  '/products/:id': ['GET', 'PATCH'],
  '/products/:id/flash-sale': ['POST'],
}

/** Where the catalogue's own interface is found over HTTP; shoppers have other paths, and cannot reach these. */
export const INTERNAL_PATHS = {
  page: (id: string) => `/internal/products/${id}`,
  list: '/internal/product-list',
  byIds: '/internal/products-by-ids',
  current: '/internal/current-products',
  stockChanged: '/internal/stock-changed',
}

/** And its shelf. */
export const STOCK_PATHS = {
  take: '/internal/stock/take',
  giveBack: '/internal/stock/give-back',
  keep: '/internal/stock/keep',
  unsettled: '/internal/stock/unsettled',
  outlived: '/internal/stock/outlived',
  forget: '/internal/stock/forget',
}
