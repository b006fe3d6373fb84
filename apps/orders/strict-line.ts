import Type from 'typebox'
import { Cents, Id } from '../platform/http/schemas.ts'

/** A line of an order between our own processes: nothing in it that the other side does not know. */
export const StrictLine = Type.Object(
  { productId: Id, name: Type.String(), quantity: Type.Integer({ minimum: 1 }), unitPriceCents: Cents },
  { additionalProperties: false },
)
