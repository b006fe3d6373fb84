/** Customers who order as fast as they are answered, so many at a time. */
import { Agent } from 'node:http'
import { describeAnswer, httpCall } from '../../../infra/process/http-call.ts'
import type { Draw } from '../../../loadtests/popularity.ts'
import type { Shopper } from '../../../loadtests/shop.ts'

export type Purchase = { readonly shopper: Shopper; readonly productId: string }
export type Buying = {
  readonly url: string
  readonly seconds: number
  readonly draw: Draw
  readonly signal: AbortSignal
  /** Who buys what next. */
  next(draw: Draw): Purchase
}
/** The time that each acknowledged order took, and what the others were answered. */
export type Bought = { readonly tookMs: readonly number[]; readonly failures: readonly string[]; readonly seconds: number }

const AT_ONCE = 16
const ORDER_TIMEOUT_MS = 10_000
let orders = 0

export async function buy({ url, seconds, draw, signal, next }: Buying): Promise<Bought> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  const startedAt = performance.now()
  const endsAt = startedAt + 1_000 * seconds
  const tookMs: number[] = []
  const failures: string[] = []
  const buyer = async () => {
    while (performance.now() < endsAt) {
      const askedAt = performance.now()
      const failure = await order(url, next(draw), { agent, stopping: signal })
      if (failure === undefined) tookMs.push(performance.now() - askedAt)
      else failures.push(failure)
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, buyer))
    return { tookMs, failures, seconds: (performance.now() - startedAt) / 1_000 }
  } finally {
    agent.destroy()
  }
}

type Line = { readonly agent: Agent; readonly stopping: AbortSignal }

/** Why it is not placed; undefined where it is. */
async function order(url: string, { shopper, productId }: Purchase, { agent, stopping }: Line): Promise<string | undefined> {
  orders += 1
  const headers = { cookie: `sid=${shopper.sid}`, 'idempotency-key': `skew-${process.pid}-${orders}` }
  const body = { items: [{ productId, quantity: 1 }] }
  const call = { method: 'POST', headers, body, timeoutMs: ORDER_TIMEOUT_MS, agent, stopping }
  const answer = await httpCall(`${url}/orders`, call).catch((error: Error) => error)
  stopping.throwIfAborted()
  if (answer instanceof Error) return answer.message
  return answer.status === 201 ? undefined : describeAnswer(answer)
}
