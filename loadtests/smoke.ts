/**
 * One pass over every route, one visitor, each answer checked. No load: it says whether the shop is whole.
 *
 *     k6 run -e BASE_URL=http://127.0.0.1:4001 loadtests/smoke.ts
 */
import { check } from 'k6'
import type { Options } from 'k6/options'
import type { Placed } from './buying.ts'
import { linesOf, record } from './history.ts'
import { runJourney } from './journey.ts'
import { loadSettings } from './settings.ts'
import { type Answer, bodyOf, type Content, type Draft, type OrderLine, type Shopper, send, type Visit } from './shop.ts'
import { logInAdmin, logInShoppers, type Shoppers } from './shoppers.ts'
import { WORKLOADS } from './workloads.ts'

const settings = loadSettings(__ENV, WORKLOADS.smoke)

export const options: Options = {
  scenarios: { measured: { executor: 'per-vu-iterations', vus: 1, iterations: 1, maxDuration: '60s' } },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'p(99.9)', 'avg', 'min', 'max'],
  thresholds: {
    checks: ['rate==1'],
    'journeys_failed{scenario:measured}': ['rate==0'],
    'http_req_failed{scenario:measured}': ['rate==0'],
    iterations: ['count==1'],
  },
}

export function setup(): Shoppers {
  return logInShoppers(settings)
}

export default function smoke({ run, shoppers }: Shoppers): void {
  runJourney('smoke', visitor(shoppers[0]), (shopper) => {
    lookAtTheProcess()
    browseAnonymously()
    buyAndCancel(shopper, run)
    fillAndOrder(shopper, run)
    changeAPrice()
    registerAndLeave(run)
  })
}

type Page = { items: { id: string }[]; nextCursor: string | null }

function lookAtTheProcess(): void {
  for (const path of ['/health/live', '/health/ready', '/topology', '/openapi.json', '/metrics'])
    answers(visitor(), 200, 'GET', path)
}

function browseAnonymously(): void {
  const guest = visitor()
  const list = bodyOf<Page>(answers(guest, 200, 'GET', '/products?category=cat_01&limit=2'))
  answers(guest, 200, 'GET', `/products?category=cat_01&limit=2&cursor=${list?.nextCursor}`)
  answers(guest, 200, 'GET', `/products/${list?.items?.[0]?.id}`)
  answers(guest, 404, 'GET', '/products/prd_none')
  answers(guest, 400, 'GET', '/products?limit=0')
  answers(guest, 401, 'GET', '/orders')
}

function buyAndCancel(shopper: Visit, run: string): void {
  const items = [{ productId: 'prd_00002', quantity: 1 }]
  const first = placed(shopper, items, `${run}-smoke-1`)
  answers(shopper, 201, 'POST', '/orders', { body: { items }, key: `${run}-smoke-1` })
  answers(shopper, 200, 'GET', '/orders')
  answers(shopper, 200, 'GET', `/orders/${first}`)
  refused(shopper, first, { card: 'tok_declined', key: `${run}-smoke-1-declined`, status: 402 })
  paid(shopper, first, `${run}-smoke-1-pay`)
  refused(shopper, first, { card: 'tok_approved', key: `${run}-smoke-1-again`, status: 409 })
  const second = placed(shopper, items, `${run}-smoke-2`)
  record({ kind: 'cancelling', orderId: second })
  answers(shopper, 200, 'POST', `/orders/${second}/cancellation`)
  record({ kind: 'cancellation', orderId: second })
}

function fillAndOrder(shopper: Visit, run: string): void {
  const key = `${run}-smoke-cart`
  answers(shopper, 200, 'PUT', '/cart/items/prd_00004', { body: { quantity: 2 } })
  answers(shopper, 200, 'PUT', '/cart/items/prd_00005', { body: { quantity: 1 } })
  answers(shopper, 200, 'PUT', '/cart/items/prd_00005', { body: { quantity: 0 } })
  answers(shopper, 404, 'PUT', '/cart/items/prd_none', { body: { quantity: 1 } })
  const { items = [] } = bodyOf<{ items: OrderLine[] }>(answers(shopper, 200, 'GET', '/cart')) ?? {}
  const id = placed(shopper, linesOf(items), key, { fromCart: true })
  answers(shopper, 201, 'POST', '/orders', { body: { fromCart: true }, key })
  answers(shopper, 409, 'POST', '/orders', { body: { fromCart: true }, key: `${key}-again` })
  paid(shopper, id, `${key}-pay`)
}

function changeAPrice(): void {
  const admin = logInAdmin(settings.baseUrl)
  const product = bodyOf<{ priceCents: number }>(answers(admin, 200, 'GET', '/products/prd_00003'))
  answers(visitor(), 401, 'PATCH', '/products/prd_00003', { body: { priceCents: 1 } })
  answers(admin, 200, 'PATCH', '/products/prd_00003', { body: { priceCents: product?.priceCents } })
}

function registerAndLeave(run: string): void {
  const account = { email: `smoke-${run}@example.com`, password: `not-a-secret-${run}` }
  answers(visitor(), 201, 'POST', '/users', { body: { ...account, name: 'Smoke Test' } })
  const loggedIn = answers(visitor(), 201, 'POST', '/sessions', { body: account })
  const shopper = visitor({ sid: loggedIn.cookies.sid?.[0]?.value ?? '', userId: bodyOf<{ id: string }>(loggedIn)?.id ?? '' })
  answers(shopper, 200, 'GET', '/sessions/current')
  answers(shopper, 204, 'DELETE', '/sessions/current')
  answers(shopper, 401, 'GET', '/sessions/current')
}

function placed(shopper: Visit, items: readonly OrderLine[], key: string, body: Draft = { items }): string {
  record({ kind: 'begin', operation: 'order', key, userId: shopper.shopper?.userId ?? '', items })
  const {
    id = '',
    status = '',
    totalCents = 0,
    items: answered = [],
  } = bodyOf<Placed>(answers(shopper, 201, 'POST', '/orders', { body, key })) ?? {}
  record({ kind: 'order', id, key, status, totalCents, items: linesOf(answered) })
  return id
}

function paid(shopper: Visit, orderId: string, key: string): void {
  record({ kind: 'begin', operation: 'payment', key, orderId, card: 'tok_approved' })
  const answer = answers(shopper, 201, 'POST', `/orders/${orderId}/payments`, { body: { card: 'tok_approved' }, key })
  const { id = '', status = '', amountCents = 0 } = bodyOf<{ id: string; status: string; amountCents: number }>(answer) ?? {}
  record({ kind: 'payment', id, orderId, key, status, amountCents })
}

type Refusal = { readonly card: string; readonly key: string; readonly status: number }

function refused(shopper: Visit, orderId: string, { card, key, status }: Refusal): void {
  record({ kind: 'begin', operation: 'payment', key, orderId, card })
  const { code = '' } =
    bodyOf<{ code: string }>(answers(shopper, status, 'POST', `/orders/${orderId}/payments`, { body: { card }, key })) ?? {}
  record({ kind: 'refused', operation: 'payment', key, code })
}

/** Sends it and counts one check by the name of the call, so that a summary says which call answered wrongly. */
function answers(visit: Visit, status: number, method: string, path: string, content: Content = {}): Answer {
  const answer = send(visit, method, path, `${method} ${path.replace(/\?.*/, '')}`, content, status)
  check(answer, { [`${method} ${path} answers ${status}`]: () => answer.status === status })
  if (answer.status !== status) console.error(`${method} ${path}: status ${answer.status} instead of ${status}: ${answer.body}`)
  return answer
}

function visitor(shopper?: Shopper): Visit {
  return { baseUrl: settings.baseUrl, shopper, spentMs: 0 }
}
