/** What the rest of the world is told of an order. Who changes what is here takes the next version, and reads both for a time. */
import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import { Cents, Id } from '../platform/http/schemas.ts'
import { StrictLine } from './strict-line.ts'

const strict = { additionalProperties: false }

export const OrderEvent = Type.Object(
  {
    version: Type.Literal(1),
    type: Type.Union([Type.Literal('placed'), Type.Literal('paid'), Type.Literal('cancelled')]),
    orderId: Id,
    userId: Id,
    totalCents: Cents,
    items: Type.Array(StrictLine, { minItems: 1 }),
  },
  strict,
)
export type OrderEvent = Static<typeof OrderEvent>

/** Undefined for what no version knows. */
export function orderEventIn(body: unknown): OrderEvent | undefined {
  return Value.Check(OrderEvent, body) ? body : undefined
}

/** Who hears of orders: what one of them is not done with stays in the stream. */
export const CONSUMERS = ['audit', 'bestsellers', 'notifications'] as const
