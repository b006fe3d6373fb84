/** What of the shop's own paths is answered by this module, and the methods that they take. */
export const PUBLIC_PATHS = {
  '/products/bestsellers': ['GET'],
  '/cart': ['GET'],
  '/cart/items/:productId': ['PUT'],
  '/orders': ['GET', 'POST'],
  '/orders/:id': ['GET'],
  '/orders/:id/cancellation': ['POST'],
  '/orders/:id/events': ['GET'],
  '/admin/orders': ['GET'],
  '/admin/sales': ['GET'],
}

/** Of these, what is answered by a stream of events, which goes on for as long as somebody listens. */
export const STREAM_PATHS = { '/orders/:id/events': ['GET'] }

/** Where payments find the orders that they are for; shoppers have other paths, and cannot reach these. */
export const INTERNAL_PATHS = {
  find: '/internal/orders/find',
  claimForPayment: '/internal/orders/claim-for-payment',
  markPaid: '/internal/orders/mark-paid',
  releasePayment: '/internal/orders/release-payment',
}
