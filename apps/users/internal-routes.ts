import Type from 'typebox'
import { Id } from '../platform/http/schemas.ts'
import type { App } from '../platform/http/server.ts'
import { INTERNAL_PATHS as PATHS } from './paths.ts'
import { REVOCATIONS_A_PAGE, type RevokedSessions } from './revoked-sessions.ts'
import type { Users } from './users.ts'

const strict = { additionalProperties: false }
const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' })
const Page = Type.Object(
  { after: Type.String({ pattern: '^(?:[0-9a-f]{64})?$' }), most: Type.Integer({ minimum: 1, maximum: REVOCATIONS_A_PAGE }) },
  strict,
)

/** What the front door has to know of users. */
export function revocationsInternalRoutes(app: App, revoked: RevokedSessions): void {
  const hidden = { hide: true }
  app.post(
    PATHS.revokedSessions,
    { schema: { ...hidden, body: Page, response: { 200: Type.Array(Hash) } } },
    async ({ body }) => {
      const hashes = await revoked.page(Buffer.from(body.after, 'hex'), body.most)
      return hashes.map((hash) => hash.toString('hex'))
    },
  )
  const answer = Type.Object({ isRevoked: Type.Boolean() })
  const schema = { ...hidden, body: Type.Object({ hash: Hash }, strict), response: { 200: answer } }
  app.post(PATHS.isRevoked, { schema }, async ({ body }) => ({
    isRevoked: await revoked.has(Buffer.from(body.hash, 'hex')),
  }))
}

/** Where a customer's mail goes; null where nobody has that id. */
export function addressesInternalRoutes(app: App, users: Pick<Users, 'addressOf'>): void {
  const answer = Type.Object({ email: Type.Union([Type.String(), Type.Null()]) })
  const schema = { hide: true, body: Type.Object({ userId: Id }, strict), response: { 200: answer } }
  app.post(PATHS.emailAddress, { schema }, async ({ body }) => ({ email: (await users.addressOf(body.userId)) ?? null }))
}
