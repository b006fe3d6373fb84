/** What of the shop's own paths is answered by this module, and the methods that they take. */
export const PUBLIC_PATHS = { '/orders/:id/payments': ['POST'] }
