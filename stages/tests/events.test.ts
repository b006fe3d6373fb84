/** What comes of an order's events in a stage that has them: nobody waits for it, and all of it comes. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import type { ConsumersTables } from '../../apps/consumers/queries.ts'
import { readStatuses, type ToldStatus } from '../../apps/fixtures/told-statuses.ts'
import { withEvents } from '../../apps/lab/events/places.ts'
import { replay } from '../../apps/lab/events/replay.ts'
import type { Database } from '../../apps/platform/mysql/database.ts'
import { freshProduct, newShopper, placeOrder, type Shopper } from '../contract/people.ts'
import { pay } from '../contract/shop/payments.ts'
import { stateOf } from './running-stages.ts'
import { sharedStage } from './shared-stage.ts'

const target = sharedStage(6)
/** What is late is not lost. */
const WITHIN = { timeout: 40_000, interval: 100 }
/** Longer than the edge and the gateways wait for any other answer. */
const LONGER_THAN_ANSWERS_MS = 12_000

const leaving: (() => void)[] = []
afterEach(() => {
  for (const leave of leaving.splice(0)) leave()
})

async function follow({ client }: Shopper, id: string, after?: string) {
  const control = new AbortController()
  leaving.push(() => control.abort())
  const headers = { cookie: `sid=${client.sid}`, ...(after && { 'last-event-id': after }) }
  const answer = await fetch(`${target().url}/orders/${id}/events`, { headers, signal: control.signal })
  const told: ToldStatus[] = []
  const stream = { isOpen: true }
  void readStatuses(answer, told)
    .catch(() => {})
    .finally(() => {
      stream.isOpen = false
    })
  // What happens while it begins may be told twice.
  return { answer, told, stream, statuses: () => [...new Set(told.map(({ status }) => status))], leave: () => control.abort() }
}

test('whoever follows an order hears of it through any gateway, for as long as it listens, and later what it missed', async () => {
  const shopper = await newShopper(target())
  const product = await freshProduct(target(), 10)
  const order = await placeOrder(shopper, product.id)
  const followers = await Promise.all([1, 2, 3, 4].map(() => follow(shopper, order.id)))
  for (const { answer } of followers) expect(answer.headers.get('content-type')).toBe('text/event-stream')
  for (const { statuses } of followers) await expect.poll(statuses, WITHIN).toEqual(['placed'])
  await sleep(LONGER_THAN_ANSWERS_MS)
  expect(followers.map(({ stream }) => stream.isOpen)).toEqual([true, true, true, true])
  followers[3]?.leave()
  await pay(shopper, order.id, 'tok_approved')
  for (const { statuses } of followers.slice(0, 3)) await expect.poll(statuses, WITHIN).toEqual(['placed', 'paid'])
  const back = await follow(shopper, order.id, followers[3]?.told.at(-1)?.id)
  await expect.poll(back.statuses, WITHIN).toEqual(['paid'])
}, 180_000)

test('nobody hears of another’s order', async () => {
  const [one, other] = [await newShopper(target()), await newShopper(target())]
  const order = await placeOrder(one, (await freshProduct(target(), 10)).id)
  expect((await follow(other, order.id)).answer.status).toBe(404)
  const nobody = await fetch(`${target().url}/orders/${order.id}/events`)
  expect(nobody.status).toBe(401)
})

test('a mail is sent of what became of each order, also of one that was cancelled, and the audit has it all', async () => {
  const shopper = await newShopper(target())
  const product = await freshProduct(target(), 10)
  const [paid, cancelled] = [await placeOrder(shopper, product.id), await placeOrder(shopper, product.id)]
  await pay(shopper, paid.id, 'tok_approved')
  await shopper.client.post(`/orders/${cancelled.id}/cancellation`)
  const subjects = () => mailsTo(shopper.user.email).map((mail) => /^Subject: (.*)$/m.exec(mail)?.[1])
  const expected = [
    ...[paid, cancelled].map(({ id }) => `Your order ${id} is placed`),
    `Your order ${paid.id} is paid`,
    `Your order ${cancelled.id} is cancelled`,
  ]
  await expect.poll(() => subjects().sort(), WITHIN).toEqual(expected.sort())
  const audited = () => withEvents(stateOf(target()), ({ inbox }) => countHistory(inbox as Database, [paid.id, cancelled.id]))
  await expect.poll(audited, WITHIN).toBe(4)
  // Others shop meanwhile: what is on its way to the audit is missing there.
  expect((await withEvents(stateOf(target()), replay)).wrong).toBe(0)
  expect(await audited()).toBe(4)
}, 180_000)

async function countHistory(inbox: Database<ConsumersTables>, orders: readonly string[]): Promise<number> {
  const rows = await inbox.selectFrom('order_history').where('order_id', 'in', orders).select('event_id').execute()
  return rows.length
}

/** A mail is a file. */
function mailsTo(address: string): string[] {
  const folder = join(dirname(target().stateFile), 'mails')
  const files = readdirSync(folder).filter((name) => name.endsWith('.eml'))
  return files.map((name) => readFileSync(join(folder, name), 'utf8')).filter((text) => text.includes(`To: ${address}\r\n`))
}
