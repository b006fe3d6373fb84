import type { Crowd } from './crowd.ts'
import { errorCodeOf } from './error-code.ts'
import { isUnfinished } from './outcomes.ts'
import { noteStep } from './purchases.ts'
import type { Reply, Session } from './shop-client.ts'

/** `again`: it was sent before, so it may be done. */
export type Cancellation = { readonly session: Session; readonly orderId: string; readonly again?: boolean }

/** Whether the order is cancelled, acknowledged. */
export async function cancelOrder(crowd: Crowd, { session, orderId, again = false }: Cancellation): Promise<boolean> {
  const { client, unfinished } = crowd
  client.recording.lines.push({ kind: 'cancelling', orderId })
  const accepts = (reply: Reply) => again && isDone(reply)
  const call = {
    operation: 'cancellation',
    method: 'POST',
    path: `/orders/${orderId}/cancellation`,
    expect: 200,
    accepts,
  } as const
  const reply = await client.sendAs(session, call)
  if (isUnfinished(reply)) unfinished.push(() => cancelOrder(crowd, { session, orderId, again: true }))
  if (reply.status !== 200 && !accepts(reply)) return false
  client.recording.lines.push({ kind: 'cancellation', orderId })
  noteStep(crowd, orderId, 'cancelled', reply)
  return true
}

function isDone(reply: Reply): boolean {
  return reply.status === 409 && errorCodeOf(reply) === 'ALREADY_CANCELLED'
}
