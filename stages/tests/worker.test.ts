/** The worker of stage 4: what no request waits for is done there and nowhere else, and is made good when it was away. */
import { expect, it } from 'vitest'
import { programNamed, untilGone, untilHealed } from '../../apps/lab/drills/programs.ts'
import { KEYS } from '../../apps/platform/redis/keys.ts'
import { signalGroup } from '../../infra/process/process-group.ts'
import { type Client, clientOf } from '../contract/client.ts'
import { newShopper, placeOrder } from '../contract/people.ts'
import type { Order } from '../contract/shapes.ts'
import { pay } from '../contract/shop/payments.ts'
import { logFromNowOn, metricOf } from './app-signs.ts'
import { stateOf } from './running-stages.ts'
import { sharedStage } from './shared-stage.ts'
import { askEach } from './stage-redis.ts'

/** It counts flash sales once a second, and looks for payments left unfinished every two. */
const SOON = { timeout: 20_000, interval: 100 }
/** A payment that is under way is left alone for as long as it may take. */
const LATER = { timeout: 50_000, interval: 200 }
const BESTSELLERS = KEYS.bestsellers('all')
const QUERIES = /^outgrow_query_seconds_count\{/

const stage = sharedStage(4)
const queriesOf = (kind: 'app' | 'worker') => metricOf(stage(), QUERIES, kind)
const worker = () => programNamed(stateOf(stage()), 'worker')

it('asks the databases again and again, and the idle apps never', async () => {
  const counting = async () => {
    const [worker, apps] = [await queriesOf('worker'), await queriesOf('app')]
    await expect.poll(() => queriesOf('worker'), SOON).toBeGreaterThan(worker + 5)
    return (await queriesOf('app')) - apps
  }
  // What an earlier test has left behind may still be under way the first time.
  await expect.poll(counting, SOON).toBe(0)
})

it('finishes a payment that nobody asks for again', async () => {
  const { client, order } = await leaveUnfinished()
  await expect.poll(() => statusOf(client, order.id), LATER).toBe('paid')
})

it('makes the bestsellers anew when Redis has lost them', async () => {
  await askEach(stage(), ['state'], (redis) => redis.del(BESTSELLERS))
  await expect.poll(() => askEach(stage(), ['state'], (redis) => redis.exists(BESTSELLERS)), SOON).toEqual([1])
})

it('may die: the shop goes on, and what was left is finished when it is there again', async () => {
  const before = worker()
  const { client, order } = await leaveUnfinished()
  signalGroup(before, 'SIGKILL')
  await untilGone(before)
  await placeOrder(await newShopper(stage()), 'prd_00042')
  await untilHealed(() => stateOf(stage()), before)
  await expect.poll(() => statusOf(client, order.id), LATER).toBe('paid')
})

it('ends in order when it is told to, and is started again', async () => {
  const [before, logged] = [worker(), logFromNowOn(stage(), 'worker')]
  signalGroup(before, 'SIGTERM')
  await untilHealed(() => stateOf(stage()), before)
  expect(logged()).not.toMatch(/"level":50/)
})

it('answers no request of a shopper', async () => {
  expect((await clientOf({ url: `http://127.0.0.1:${worker().port}` }).get('/products')).status).toBe(404)
})

/** An order whose payment the bank has not answered for. */
async function leaveUnfinished() {
  const shopper = await newShopper(stage())
  const order = await placeOrder(shopper, 'prd_00042')
  const bank = programNamed(stateOf(stage()), 'bank')
  signalGroup(bank, 'SIGSTOP')
  try {
    expect((await pay(shopper, order.id, 'tok_approved')).status).toBe(503)
  } finally {
    signalGroup(bank, 'SIGCONT')
  }
  expect(await statusOf(shopper.client, order.id)).not.toBe('paid')
  return { client: shopper.client, order }
}

async function statusOf(client: Client, id: string): Promise<string> {
  return (await client.get<Order>(`/orders/${id}`)).body.status
}
