import type { OrderEvent } from '../orders/order-event.ts'
import type { Handler } from '../platform/inbox/handler.ts'
import type { Mail } from '../users/mailer.ts'
import { orderHandler } from './order-handler.ts'

/** One of a key is sent, however often it is asked for. */
export type MailJob = Omit<Mail, 'to'> & { readonly key: string; readonly userId: string }
export type MailJobs = { add(job: MailJob): Promise<void> }

/** Each customer hears what became of an order. A mail is a job: it can neither be taken back nor sent in a transaction. */
export function notifyCustomers(jobs: MailJobs): Handler {
  return orderHandler('notifications', async (_trx, order, { id }) => {
    await jobs.add({ key: id, userId: order.userId, subject: subjectOf(order), text: textOf(order) })
  })
}

function subjectOf({ type, orderId }: OrderEvent): string {
  return `Your order ${orderId} is ${type}`
}

function textOf({ items, totalCents }: OrderEvent): string {
  const lines = items.map(({ quantity, name, unitPriceCents }) => `${quantity} × ${name}, ${money(unitPriceCents)} each`)
  return [...lines, '', `In all ${money(totalCents)}.`].join('\n')
}

function money(cents: number): string {
  return (cents / 100).toFixed(2)
}
