import Type, { type Static } from 'typebox'
import { Id, Line } from '../platform/http/schemas.ts'

/** ASCII only, no quotes, no white space: what mail servers take everywhere. */
export const Email = Type.String({
  maxLength: 254,
  pattern: "^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\\.[A-Za-z0-9-]{1,63}){1,8}$",
})
/** Any characters but halves of surrogate pairs, which UTF-8 cannot carry. */
const Password = Type.String({ minLength: 8, maxLength: 256, pattern: '^[\0-\ud7ff\ue000-\u{10ffff}]*$' })
const GivenPassword = Type.String({ minLength: 1, maxLength: 256 })

export const User = Type.Object({
  id: Id,
  email: Email,
  name: Type.String(),
  role: Type.Union([Type.Literal('shopper'), Type.Literal('admin')]),
})
export type User = Static<typeof User>

export const Registration = Type.Object(
  { email: Email, password: Password, name: Line(100) },
  { additionalProperties: false, examples: [{ email: 'ada@example.com', password: 'correct horse', name: 'Ada' }] },
)
export type Registration = Static<typeof Registration>

export const LogIn = Type.Object(
  { email: Email, password: GivenPassword },
  { additionalProperties: false, examples: [{ email: 'shopper-0001@example.com', password: 'outgrow-demo-password' }] },
)
export type LogIn = Static<typeof LogIn>
