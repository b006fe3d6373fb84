import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { Problem } from '../platform/http/problems.ts'
import { Timestamp } from '../platform/http/schemas.ts'
import type { App } from '../platform/http/server.ts'
import { limited, limitRate } from '../platform/limits/headers.ts'
import type { ShopLimits } from '../platform/limits/shop-limits.ts'
import { background } from '../platform/process/background.ts'
import { Email } from './schemas.ts'
import { CODE_LASTS_MS } from './verification-codes.ts'
import type { Verifications } from './verifications.ts'

const email = 'shopper-0001@example.com'
const Wish = Type.Object({ email: Email }, { additionalProperties: false, examples: [{ email }] })
const Accepted = Type.Object({
  codeLastsS: Type.Integer({ minimum: 1, description: 'seconds that a code, if one was sent, is good for' }),
})
const Code = Type.String({ pattern: '^[0-9]{6}$' })
const Proof = Type.Object({ email: Email, code: Code }, { additionalProperties: false, examples: [{ email, code: '123456' }] })
const Verified = Type.Object({ email: Email, verifiedAt: Timestamp })

/** Codes that are being sent; whoever asks for one more gets none, and asks again. */
const MOST_UNDER_WAY = 100

const failures = { '4xx': Problem, '5xx': Problem }
type Parts = { readonly verifications: Verifications; readonly limits: Pick<ShopLimits, 'codesOfAddress'> }

export function verificationRoutes(
  app: App,
  { verifications, limits }: Parts,
  addressOf: (request: FastifyRequest) => string,
): void {
  const later = background(app, { name: 'sending a code', most: MOST_UNDER_WAY })
  const tags = ['users']
  const send = { tags, summary: 'Mail a code to an account', body: Wish, response: { 202: limited(Accepted), ...failures } }
  app.post('/verification-codes', { schema: send }, async (request, reply) => {
    await limitRate(reply, limits.codesOfAddress, addressOf(request))
    const { email } = request.body
    // Answered before anything is looked up: neither the answer nor its time tells whether there is an account.
    later(() => verifications.sendCode(email))
    return reply.code(202).send({ codeLastsS: CODE_LASTS_MS / 1_000 })
  })

  const verify = { tags, summary: 'Prove an e-mail address by its code', body: Proof, response: { 200: Verified, ...failures } }
  app.post('/verifications', { schema: verify }, ({ body }) => verifications.verify(body.email, body.code))
}
