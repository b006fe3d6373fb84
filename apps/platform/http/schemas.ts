/** Schemas that more than one module uses. */
import Type, { type TString } from 'typebox'

/** Opaque to callers, and no longer than the column of any id. */
export const Id = Type.String({ minLength: 1, maxLength: 40, pattern: '^[A-Za-z0-9_-]+$' })
export const IdParams = Type.Object({ id: Id }, { additionalProperties: false })
/** A route that takes no query parameters refuses them all. */
export const NoQuery = Type.Object({}, { additionalProperties: false })
/** The answer of a route that says no more about it. */
export const Anything = Type.Unknown({ description: 'See the summary' })
/** The answer to a call between our own processes that was carried out. */
export const Nothing = Type.Object({})
export const NoContent = Type.Null({ description: 'No content' })
export const Cents = Type.Integer({ minimum: 0 })
export const Timestamp = Type.String({ format: 'date-time' })

/**
 * Text on one line: no control characters, no halves of surrogate pairs. The pattern names what is in it and has no escapes, as in other
 * languages' regular expressions there is no half of a pair to be left out.
 */
export function Line(maxLength: number): TString {
  return Type.String({ minLength: 1, maxLength, pattern: '^[ -~\u00a0-\ud7ff\ue000-\u{10ffff}]+$' })
}

/** Query parameters are text: a number is a pattern, and nothing is coerced. */
export const PageLimit = Type.String({ pattern: '^(?:[1-9][0-9]?|100)$', description: '1 to 100, 20 unless told' })
export const Cursor = Type.String({ minLength: 1, maxLength: 200, pattern: '^[A-Za-z0-9_-]+$' })
export const DEFAULT_PAGE = 20
/** Nothing, or an empty object: what some clients send with every POST. */
export const NoBody = Type.Union([Type.Null(), Type.Object({}, { additionalProperties: false })])
