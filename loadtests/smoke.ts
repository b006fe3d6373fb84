/**
 * One pass over every route, one visitor, each answer checked. No load: it says whether the shop is whole.
 *
 *     k6 run -e BASE_URL=http://127.0.0.1:4001 loadtests/smoke.ts
 */
import { check } from 'k6'
import type { Options } from 'k6/options'
import { record } from './history.ts'
import { runJourney } from './journey.ts'
import { loadSettings } from './settings.ts'
import { type Answer, bodyOf, type Content, send, type Visit } from './shop.ts'
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

export default function smoke({ run, sids }: Shoppers): void {
  runJourney('smoke', visitor(sids[0]), (shopper) => {
    lookAtTheProcess()
    browseAnonymously()
    buyAndCancel(shopper, run)
    changeAPrice()
    registerAndLeave(run)
  })
}

type Page = { items: { id: string }[]; nextCursor: string | null }
type Order = { id: string; status: string; totalCents: number }

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
  answers(shopper, 402, 'POST', `/orders/${first}/payments`, { body: { card: 'tok_declined' }, key: `${run}-smoke-1-declined` })
  paid(shopper, first, `${run}-smoke-1-pay`)
  answers(shopper, 409, 'POST', `/orders/${first}/payments`, { body: { card: 'tok_approved' }, key: `${run}-smoke-1-again` })
  const second = placed(shopper, items, `${run}-smoke-2`)
  answers(shopper, 200, 'POST', `/orders/${second}/cancellation`)
  record({ kind: 'cancellation', orderId: second })
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
  const shopper = visitor(loggedIn.cookies.sid?.[0]?.value)
  answers(shopper, 200, 'GET', '/sessions/current')
  answers(shopper, 204, 'DELETE', '/sessions/current')
  answers(shopper, 401, 'GET', '/sessions/current')
}

function placed(shopper: Visit, items: unknown, key: string): string {
  record({ kind: 'begin', operation: 'order', key })
  const {
    id = '',
    status = '',
    totalCents = 0,
  } = bodyOf<Order>(answers(shopper, 201, 'POST', '/orders', { body: { items }, key })) ?? {}
  record({ kind: 'order', id, key, status, totalCents })
  return id
}

function paid(shopper: Visit, orderId: string, key: string): void {
  record({ kind: 'begin', operation: 'payment', key })
  const answer = answers(shopper, 201, 'POST', `/orders/${orderId}/payments`, { body: { card: 'tok_approved' }, key })
  const { id = '', status = '', amountCents = 0 } = bodyOf<{ id: string; status: string; amountCents: number }>(answer) ?? {}
  record({ kind: 'payment', id, orderId, key, status, amountCents })
}

/** Sends it and counts one check by the name of the call, so that a summary says which call answered wrongly. */
function answers(visit: Visit, status: number, method: string, path: string, content: Content = {}): Answer {
  const answer = send(visit, method, path, `${method} ${path.replace(/\?.*/, '')}`, content, status)
  check(answer, { [`${method} ${path} answers ${status}`]: () => answer.status === status })
  if (answer.status !== status) console.error(`${method} ${path}: status ${answer.status} instead of ${status}: ${answer.body}`)
  return answer
}

function visitor(sid?: string): Visit {
  return { baseUrl: settings.baseUrl, sid, spentMs: 0 }
}
