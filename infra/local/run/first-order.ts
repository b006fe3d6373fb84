import { randomUUID } from 'node:crypto'
import { type Answer, type Call, describeAnswer, httpCall } from '../../process/http-call.ts'
import { StartError } from '../../process/start-error.ts'

type ProductPage = { items: { id: string; stock: number }[]; nextCursor: string | null }

/** The account of seeded data with which readiness is proved; its orders are real and stay. */
const SHOPPER = { email: 'probe@example.com', password: 'outgrow-demo-password' }
const CALL_TIMEOUT_MS = 10_000

/** Places and pays one real order through the stage's entry. Throws which step failed, and the answer it got. */
export async function placeFirstOrder(url: string): Promise<void> {
  const cookie = sessionCookie(await step('log in', 201, `${url}/sessions`, { method: 'POST', body: SHOPPER }))
  const signedIn = { cookie }
  const productId = await productInStock(url, signedIn)
  const order = await step('place an order', 201, `${url}/orders`, {
    method: 'POST',
    headers: { ...signedIn, 'idempotency-key': randomUUID() },
    body: { items: [{ productId, quantity: 1 }] },
  })
  await step('pay the order', 201, `${url}/orders/${idOf(order)}/payments`, {
    method: 'POST',
    headers: { ...signedIn, 'idempotency-key': randomUUID() },
    body: { card: 'tok_approved' },
  })
  await step('log out', 204, `${url}/sessions/current`, { method: 'DELETE', headers: signedIn })
}

/** Copies of an app that a log-in may be unknown to before one is met that knows it. */
const MOST_COPIES = 8

async function step(name: string, expected: number, url: string, call: Omit<Call, 'timeoutMs'>): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    const answer = await httpCall(url, { ...call, timeoutMs: CALL_TIMEOUT_MS }).catch((error: Error) => {
      throw failed(name, error.message)
    })
    if (answer.status === expected) return answer
    // With sessions=memory only the copy that logged us in knows us: refused, nothing has happened, and the next try meets the next copy.
    if (answer.status !== 401 || !call.headers?.cookie || tries === MOST_COPIES)
      throw failed(name, `it answered ${describeAnswer(answer)}`)
  }
}

function failed(name: string, why: string): StartError {
  return new StartError(`the first order failed at the step "${name}": ${why}`)
}

/** The cookie is Secure, so it is carried by hand over plain HTTP to 127.0.0.1. */
function sessionCookie(answer: Answer): string {
  const cookies = [answer.headers['set-cookie'] ?? []].flat()
  const sid = cookies.map((cookie) => cookie.split(';', 1)[0] ?? '').find((cookie) => cookie.startsWith('sid='))
  if (!sid) throw failed('log in', 'it set no cookie called sid')
  return sid
}

/** Load runs sell popular products out, so it looks further down the list until one is left. */
async function productInStock(url: string, headers: Record<string, string>): Promise<string> {
  for (let cursor: string | null = ''; cursor !== null; ) {
    const after = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page = await step('list products', 200, `${url}/products?limit=100${after}`, { headers })
    const { items, nextCursor } = JSON.parse(page.text) as ProductPage
    const product = items.find(({ stock }) => stock > 0)
    if (product) return product.id
    cursor = nextCursor
  }
  throw failed('list products', 'every product is sold out; start with --fresh')
}

function idOf(answer: Answer): string {
  return (JSON.parse(answer.text) as { id: string }).id
}
