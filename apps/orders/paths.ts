/** What of the shop's own paths is answered by this module, and the methods that they take. */
export const PUBLIC_PATHS = {
  '/products/bestsellers': ['GET'],
  '/cart': ['GET'],
  '/cart/items/:productId': ['PUT'],
  '/orders': ['GET', 'POST'],
  '/orders/:id': ['GET'],
  '/orders/:id/cancellation': ['POST'],
  '/admin/orders': ['GET'],
  '/admin/sales': ['GET'],
}

/** Where payments find the orders that they are for; shoppers have other paths, and cannot reach these. */
export const INTERNAL_PATHS = {
  find: '/internal/orders/find',
  claimForPayment: '/internal/orders/claim-for-payment',
  markPaid: '/internal/orders/mark-paid',
  releasePayment: '/internal/orders/release-payment',
}
