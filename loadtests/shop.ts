/**
 * The shop's API as the load scripts call it. Every request carries the name of its route, so that metrics have a few series
 * and not one for each product; bodies are kept only where a script reads them.
 */
import http, { type CookieJar, type RefinedParams, type RefinedResponse, type ResponseType } from 'k6/http'

/** What one visitor has spent waiting for the shop so far, and who they are. */
export type Visit = { readonly baseUrl: string; readonly shopper: Shopper | undefined; spentMs: number }

/** Somebody who is logged in. */
export type Shopper = { readonly sid: string; readonly userId: string }

export type Answer = RefinedResponse<ResponseType>
type Params = RefinedParams<ResponseType>

/** A request that has no answer by then counts as failed; its effect is unknown. */
const REQUEST_TIMEOUT = '5s'

export type OrderLine = { readonly productId: string; readonly quantity: number }

/** Of these items, or of all that is in the cart. */
export type Draft = { readonly items: readonly OrderLine[] } | { readonly fromCart: true }

export function listProducts(visit: Visit, category: string, limit: number): Answer {
  return timed(visit, http.get(`${visit.baseUrl}/products?category=${category}&sort=popular&limit=${limit}`, LIST))
}

export function productPage(visit: Visit, productId: string): Answer {
  return timed(visit, http.get(`${visit.baseUrl}/products/${productId}`, PAGE))
}

export function putIntoCart(visit: Visit, { productId, quantity }: OrderLine): Answer {
  const own: Params = { headers: JSON_BODY, cookies: cookiesOf(visit), responseType: 'none' }
  const params = { ...named('PUT /cart/items/:productId'), ...own }
  return timed(visit, http.put(`${visit.baseUrl}/cart/items/${productId}`, JSON.stringify({ quantity }), params))
}

export function readCart(visit: Visit): Answer {
  return timed(
    visit,
    http.get(`${visit.baseUrl}/cart`, { ...named('GET /cart'), cookies: cookiesOf(visit), responseType: 'text' }),
  )
}

/** 409 is an answer that the shop may give: the last piece is gone, or another journey has ordered what is in the cart. */
export function placeOrder(visit: Visit, draft: Draft, key: string): Answer {
  const params = withKey(visit, 'POST /orders', key, EXPECT_ORDER)
  return timed(visit, http.post(`${visit.baseUrl}/orders`, JSON.stringify(draft), params))
}

export function payOrder(visit: Visit, orderId: string, card: string, key: string): Answer {
  const params = withKey(visit, 'POST /orders/:id/payments', key)
  return timed(visit, http.post(`${visit.baseUrl}/orders/${orderId}/payments`, JSON.stringify({ card }), params))
}

export function logIn(baseUrl: string, email: string, password: string): Answer {
  const params: Params = { ...named('POST /sessions'), headers: JSON_BODY, responseType: 'text', timeout: '30s', jar: ownJar() }
  return http.post(`${baseUrl}/sessions`, JSON.stringify({ email, password }), params)
}

/** Any other call, for scripts that are about routes and not about load; k6 counts another status as a failed request. */
export function send(
  visit: Visit,
  method: string,
  path: string,
  name: string,
  { body, key }: Content = {},
  status = 200,
): Answer {
  const headers = { ...(body === undefined ? {} : JSON_BODY), ...(key === undefined ? {} : { 'idempotency-key': key }) }
  const expected = { responseType: 'text', responseCallback: http.expectedStatuses(status) } as const
  const params: Params = { ...named(name), headers, cookies: cookiesOf(visit), jar: ownJar(), ...expected }
  return timed(visit, http.request(method, `${visit.baseUrl}${path}`, body === undefined ? null : JSON.stringify(body), params))
}

export type Content = { readonly body?: unknown; readonly key?: string }

/** Reads a JSON answer; undefined where there is none. */
export function bodyOf<Body>(answer: Answer): Partial<Body> | undefined {
  if (typeof answer.body !== 'string' || answer.body === '') return undefined
  try {
    return JSON.parse(answer.body) as Partial<Body>
  } catch {
    return undefined
  }
}

const JSON_BODY = { 'content-type': 'application/json' }
const LIST: Params = { ...named('GET /products'), responseType: 'none' }
const PAGE: Params = { ...named('GET /products/:id'), responseType: 'none' }
const EXPECT_ORDER = http.expectedStatuses(201, 409)
const EXPECT_CREATED = http.expectedStatuses(201)

function named(name: string): Params {
  return { tags: { name }, timeout: REQUEST_TIMEOUT, redirects: 0 }
}

function withKey(visit: Visit, name: string, key: string, responseCallback = EXPECT_CREATED): Params {
  const headers = { ...JSON_BODY, 'idempotency-key': key }
  return { ...named(name), headers, cookies: cookiesOf(visit), responseType: 'text', responseCallback }
}

/** k6 keeps the cookies of all answers and would send one visitor's session with the next visitor's request. */
function ownJar(): CookieJar {
  return new http.CookieJar()
}

/** `replace` keeps k6's own cookie jar from sending a second one. */
function cookiesOf({ shopper }: Visit): Params['cookies'] {
  return shopper === undefined ? {} : { sid: { value: shopper.sid, replace: true } }
}

/** Waiting for a connection counts: a visitor does not care what they wait for. */
function timed(visit: Visit, answer: Answer): Answer {
  const { blocked, connecting, duration } = answer.timings
  visit.spentMs += blocked + connecting + duration
  return answer
}
