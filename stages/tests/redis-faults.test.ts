/** A Redis that is full, read-only, silent or holds corrupt values, in a whole shop: answers stay right, and the shop says what is wrong. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type Answer, type Client, clientOf } from '../contract/client.ts'
import { newShopper, type Shopper, setProduct } from '../contract/people.ts'
import type { List, ListedProduct, Order, ProductPage } from '../contract/shapes.ts'
import { logFromNowOn, metricOf, restartsOf } from './app-signs.ts'
import { startedStage } from './experiment.ts'
import * as faults from './redis-faults.ts'

/** Changed by this file alone. */
const CATEGORY = 'cat_46'
/** Two requests for each app. */
const ROUND = 6
const APPS = 3
const ORDERS_PER_MINUTE = 6
const SOON = { timeout: 20_000, interval: 100 }

const stage = startedStage(4, [`ordersPerMinute=${ORDERS_PER_MINUTE}`])

type Case = [name: string, make: faults.MakeFault, metric: RegExp, log: RegExp]
const errors = (redis: string, reason: string) => new RegExp(`^outgrow_redis_errors_total\\{redis="${redis}",reason="${reason}"`)
const corruptValues = (redis: string) => new RegExp(`^outgrow_redis_corrupt_values_total\\{redis="${redis}"`)
const reads = (result: string) => new RegExp(`^outgrow_cache_reads_total\\{cache="redis",result="${result}"`)

describe('a cache', () => {
  const CASES: Case[] = [
    ['that is full', faults.full, errors('cache', 'down'), /redis cache does not do all that it is asked: OOM/],
    ['that is read-only', faults.readOnly, reads('bypass'), /the cache takes no writes[^"]*READONLY/],
    ['that lets writes wait', faults.pausedForWrites, errors('cache', 'down'), /redis cache (?:is away|does not do all)/],
    ['that is stopped', faults.stopped, reads('error'), /redis cache is away/],
    [
      'with values of other types',
      faults.wrongTypes,
      corruptValues('cache'),
      /redis cache: cache:\S+ holds what no app has written/,
    ],
    ['with values that are cut off', faults.cutOff, reads('corrupt'), /redis cache: cache:\S+ holds what no app has written/],
    ['that is something else', faults.garbage, errors('cache', 'down'), /redis cache is away/],
    ['that says OK to everything', faults.yesMan, reads('error'), /redis cache is away/],
  ]

  it.each(CASES)('%s makes the shop slower, and nothing else', async (_, make, metric, log) => {
    const { id, priceCents } = await nextProduct()
    const shopper = await newShopper(stage())
    await expectShown(id, { priceCents, stock: 10 })
    await withFault(make, 'cache', { metric, log }, async () => {
      await expectShown(id, { priceCents, stock: 10 })
      await setProduct(stage(), id, { priceCents: priceCents + 100 })
      await expectShown(id, { priceCents: priceCents + 100, stock: 10 })
      await expectOrderedOnce(shopper, id)
      await expectShown(id, { priceCents: priceCents + 100, stock: 8 })
      await expectLimited(shopper)
      await expectLogOut(shopper.client)
    })
    const hits = await metricOf(stage(), reads('hit'))
    await expect.poll(() => hitsAfter(id, hits), SOON).toBeGreaterThan(0)
    await expectShown(id, { priceCents: priceCents + 100, stock: 8 })
  })

  async function hitsAfter(id: string, before: number): Promise<number> {
    for (let count = 0; count < APPS; count++) await clientOf(stage()).get(`/products/${id}`)
    return (await metricOf(stage(), reads('hit'))) - before
  }
})

describe('a Redis for state', () => {
  const alone = (reason: string) => new RegExp(`the limit log-ins is counted in this process alone: state: ${reason}`)
  const CASES: Case[] = [
    ['that is full', faults.full, errors('state', 'down'), alone('OOM')],
    ['without its replicas', faults.withoutReplicas, errors('state', 'down'), alone('NOREPLICAS')],
  ]

  it.each(CASES)('%s: who is logged in buys, who wants to log in comes back later', async (_, make, metric, log) => {
    const { id, priceCents } = await nextProduct()
    const [shopper, leaver, gone] = await Promise.all([newShopper(stage()), newShopper(stage()), newShopper(stage())])
    const endedSid = gone.client.sid
    await gone.client.delete('/sessions/current')
    await expectShown(id, { priceCents, stock: 10 })
    await withFault(make, 'state', { metric, log }, async () => {
      await setProduct(stage(), id, { priceCents: priceCents + 100 })
      await expectShown(id, { priceCents: priceCents + 100, stock: 10 })
      await expectOrderedOnce(shopper, id)
      await expectLimited(shopper)
      await expectRefusedSession(endedSid)
      await expectLater(clientOf(stage()).post('/sessions', { email: gone.email, password: gone.password }))
      await expectDoneOrLater(() => clientOf(stage()).post('/verifications', { email: gone.email, code: '000000' }))
      await expectLogOut(leaver.client)
    })
    // What could not be ended at once ends by itself as soon as Redis takes writes.
    await expect.poll(async () => (await leaver.client.get('/sessions/current')).status, SOON).toBe(401)
    await expect.poll(async () => (await shopper.client.get('/sessions/current')).status, SOON).toBe(200)
  })

  it('with values of other types: people log in again', async () => {
    const { id } = await nextProduct()
    const shopper = await newShopper(stage())
    const endedSid = shopper.client.sid
    await guess(shopper)
    const signs = { metric: corruptValues('state'), log: /redis state: state:session:\S+ holds what no app has written/ }
    await withFault(faults.wrongTypes, 'state', signs, async () => {
      await expectRefusedSession(endedSid)
      await guess(shopper)
      await expectDone(await shopper.client.post('/sessions', { email: shopper.email, password: shopper.password }))
      await expectDone(await shopper.client.delete('/sessions'))
      await expectDone(await shopper.client.post('/sessions', { email: shopper.email, password: shopper.password }))
      await expectOrderedOnce(shopper, id)
      await expectLimited(shopper)
      expect((await clientOf(stage()).post('/verifications', { email: shopper.email, code: '000000' })).status).toBe(400)
      expect((await clientOf(stage()).get('/products/bestsellers')).status).toBe(200)
      await expectLogOut(shopper.client)
    })
  })
})

const ids: string[] = []

/** One that no other test has changed, and that the first page of its category shows; ten pieces of it. */
async function nextProduct(): Promise<ProductPage> {
  if (ids.length === 0) {
    const { items } = (await clientOf(stage()).get<List<ListedProduct>>(`/products?category=${CATEGORY}&limit=100`)).body
    ids.push(...items.map(({ id }) => id))
  }
  return setProduct(stage(), ids.pop() ?? '', { stock: 10 })
}

type Signs = { readonly metric: RegExp; readonly log: RegExp }

/** Meanwhile the metric rises, and the log says what is wrong. */
async function withFault(make: faults.MakeFault, role: 'cache' | 'state', { metric, log }: Signs, work: () => Promise<void>) {
  const [before, logged] = [await metricOf(stage(), metric), logFromNowOn(stage())]
  const restarts = restartsOf(stage())
  const undo = await make(stage(), role)
  try {
    await work()
    expect(await metricOf(stage(), metric)).toBeGreaterThan(before)
    await expect.poll(logged, SOON).toMatch(log)
    expect(logged()).not.toMatch(/"level":50/)
    expect(restartsOf(stage())).toBe(restarts)
  } finally {
    await undo()
  }
}

/** By every app, on its page and in the list. */
async function expectShown(id: string, { priceCents, stock }: { priceCents: number; stock: number }): Promise<void> {
  const client = clientOf(stage())
  for (let count = 0; count < ROUND; count++) {
    expect((await client.get<ProductPage>(`/products/${id}`)).body).toMatchObject({ priceCents, stock })
    const { items } = (await client.get<List<ListedProduct>>(`/products?category=${CATEGORY}&limit=100`)).body
    expect(items.find((product) => product.id === id)?.priceCents).toBe(priceCents)
  }
}

/** Sent twice it is one order, that every app shows. */
async function expectOrderedOnce({ client }: Shopper, productId: string): Promise<void> {
  const key = randomUUID()
  const place = () => client.post<Order>('/orders', { items: [{ productId, quantity: 2 }] }, { key })
  const [placed, again] = [await place(), await place()]
  expect([placed.status, again.status, again.body.id]).toEqual([201, 201, placed.body.id])
  for (let count = 0; count < ROUND; count++)
    expect((await client.get<List<Order>>('/orders')).body.items.map((order) => order.id)).toEqual([placed.body.id])
}

/** At the worst each app counts for itself. */
async function expectLimited({ client }: Shopper): Promise<void> {
  const items = [{ productId: 'prd_none', quantity: 1 }]
  const statuses = new Set<number>()
  for (let count = 0; count <= APPS * ORDERS_PER_MINUTE; count++)
    statuses.add((await client.post('/orders', { items }, { key: randomUUID() })).status)
  expect(statuses).toContain(429)
  expect([...statuses].filter((status) => ![404, 429].includes(status))).toEqual([])
}

/** A 204 holds for every app; after a 503 the session may go on. */
async function expectLogOut(client: Client): Promise<void> {
  const { sid } = client
  const { status } = await expectDoneOrLater(() => client.delete('/sessions/current'))
  if (status === 204) await expectRefusedSession(sid)
}

async function expectRefusedSession(sid: string | undefined): Promise<void> {
  for (let count = 0; count < ROUND; count++) {
    const client = clientOf(stage())
    client.sid = sid
    expect((await client.get('/sessions/current')).status).toBe(401)
  }
}

/** Refused in the proper way. */
async function expectLater(asked: Promise<Answer<unknown>>): Promise<void> {
  const { status, headers } = await asked
  expect([status, headers['retry-after']]).toEqual([503, '1'])
}

/** Done, or refused in the proper way. */
async function expectDoneOrLater(ask: () => Promise<Answer<unknown>>): Promise<Answer<unknown>> {
  const answer = await ask()
  expect([200, 201, 204, 400, 503]).toContain(answer.status)
  if (answer.status === 503) expect(answer.headers['retry-after']).toMatch(/^[1-9]/)
  return answer
}

async function expectDone({ status }: Answer<unknown>): Promise<void> {
  expect([200, 201, 204]).toContain(status)
}

/** So that there is something under the keys of failed log-ins. */
async function guess({ email }: Shopper): Promise<void> {
  expect((await clientOf(stage()).post('/sessions', { email, password: 'wrong' })).status).toBe(401)
}
