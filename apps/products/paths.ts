/** Where the catalogue's own interface is found over HTTP; shoppers have other paths, and cannot reach these. */
export const INTERNAL_PATHS = {
  page: (id: string) => `/internal/products/${id}`,
  list: '/internal/product-list',
  byIds: '/internal/products-by-ids',
  current: '/internal/current-products',
  stockChanged: '/internal/stock-changed',
}
