/** What of the shop's own paths is answered by this module, and the methods that they take. */
export const PUBLIC_PATHS = {
  '/users': ['POST'],
  '/sessions': ['POST', 'DELETE'],
  '/sessions/current': ['GET', 'DELETE'],
  '/verification-codes': ['POST'],
  '/verifications': ['POST'],
}

/** Where the shop's other processes find what they have to know of users; nobody outside can reach these. */
export const INTERNAL_PATHS = {
  recentlyViewed: (userId: string) => `/internal/users/${userId}/recently-viewed`,
  revokedSessions: '/internal/revoked-sessions',
  isRevoked: '/internal/revoked-sessions/is-revoked',
  emailAddress: '/internal/users/email-address',
}
