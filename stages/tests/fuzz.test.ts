/**
 * Random requests after the shop's own OpenAPI document, right ones and wrong ones. None may make the shop fail, answer what it
 * does not declare, or show its inside. `OUTGROW_FUZZ_SEED` runs a seed again.
 */
import { randomInt } from 'node:crypto'
import { Compile } from 'typebox/schema'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, type CallOptions, type Client, clientOf, type Problem } from '../contract/client.ts'
import { type JsonSchema, type OpenApi, type Operation, operationsOf, type Parameter } from '../contract/http/openapi.ts'
import { adminOf, freshProduct, newShopper, placeOrder, type Shopper } from '../contract/people.ts'
import { expectNoLeak } from '../contract/shapes.ts'
import { broken, type Random, randomOf, strangeText, validValue } from './random-requests.ts'
import { sharedStage } from './shared-stage.ts'

const SEED = Number(process.env.OUTGROW_FUZZ_SEED ?? randomInt(2 ** 31))
const REQUESTS_EACH = 200
const AT_ONCE = 8
/** Changed by this file alone. */
const CATEGORY = 'cat_46'
/** Every right one costs a password hash. */
const COSTLY = ['POST /users', 'POST /sessions']

type Known = Record<string, readonly unknown[]>
type Sent = { line: string; json: unknown; answer: Answer<Problem> }

describe('random requests', () => {
  const target = sharedStage(2)
  let document: OpenApi
  let people: Client[] = []
  let known: (label: string) => Known

  beforeAll(async () => {
    document = (await clientOf(target()).get<OpenApi>('/openapi.json')).body
    const products = await Promise.all(
      [...Array(9).fill(1_000_000), 0, 5, 5, 5].map((stock) => freshProduct(target(), stock, CATEGORY)),
    )
    const [one, two] = [await newShopper(target()), await newShopper(target())]
    const orders = await Promise.all(Array.from({ length: 60 }, () => placeOrder(one, products[0]?.id ?? '')))
    known = knownOf(
      products.map(({ id }) => id),
      orders.map(({ id }) => id),
      one,
    )
    people = [
      one.client,
      one.client,
      one.client,
      two.client,
      await adminOf(target()),
      await adminOf(target()),
      clientOf(target()),
    ]
  })

  it(`make no operation fail (seed ${SEED})`, { timeout: 240_000 }, async () => {
    const operations = operationsOf(document).filter(({ method }) => method !== 'DELETE')
    const seen: Record<string, Record<number, number>> = {}
    // Deletions end sessions: they come last, and what comes after the first of them is not logged in.
    for (const operation of [...operations, ...operationsOf(document).filter(({ method }) => method === 'DELETE')]) {
      // A log-in ends the session that it comes with, and the others are still needed.
      const senders = operation.label === 'POST /sessions' ? people.slice(-1) : people
      seen[operation.label] = await fuzz(operation, senders, known(operation.label))
    }
    console.log(`fuzz, seed ${SEED}: ${JSON.stringify(seen)}`)
    expect(Object.keys(seen).length).toBeGreaterThanOrEqual(13)
    // Were every request refused at the door, nothing behind it would have been tried.
    for (const label of [
      'POST /orders',
      'POST /orders/{}/payments',
      'PUT /cart/items/{}',
      'PATCH /products/{}',
      'POST /products/{}/flash-sale',
      'POST /verification-codes',
      'GET /products',
      'GET /products/bestsellers',
      'GET /admin/orders',
      'GET /admin/sales',
      'POST /users',
      'POST /sessions',
    ]) {
      expect(
        Object.keys(seen[label] ?? {}).some((status) => status.startsWith('2')),
        `${label} was never answered with success`,
      ).toBe(true)
      expect(seen[label]?.[400] ?? 0, `${label} never refused anything`).toBeGreaterThan(0)
    }
  })
})

/** Values that exist. What one operation uses up is kept from the others: a cancelled order cannot be paid, a product may be given no stock. */
function knownOf(productIds: string[], orderIds: string[], { email, password }: Shopper): (label: string) => Known {
  const common = { card: ['tok_approved', 'tok_declined'], productId: productIds.slice(0, 10), category: ['cat_01', 'cat_50'] }
  return (label): Known => {
    if (label === 'POST /sessions') return { email: [email], password: [password] }
    if (label === 'PATCH /products/{}') return { id: productIds.slice(10) }
    if (label.endsWith('/flash-sale')) return { id: productIds.slice(10), endsAt: [new Date(Date.now() + 60_000).toISOString()] }
    if (label.startsWith('PUT /cart')) return { productId: productIds }
    if (label.includes('/verification')) return { email: [email], code: ['000000'] }
    if (label.includes('/products')) return { ...common, id: productIds }
    return { ...common, id: label.includes('/cancellation') ? orderIds.slice(0, 20) : orderIds.slice(20) }
  }
}

/** Sends the operation's requests, a few at a time, and checks each answer; counts them by status. */
async function fuzz(operation: Operation, people: readonly Client[], known: Known): Promise<Record<number, number>> {
  const random = randomOf(SEED ^ hashOf(operation.label))
  const declared = new Map(
    Object.entries(operation.responses).map(([status, { mediaTypes, schema }]) => {
      return [status.toLowerCase(), { mediaTypes, validator: compiled(schema) }]
    }),
  )
  const counts: Record<number, number> = {}
  for (let sent = 0; sent < REQUESTS_EACH; sent += AT_ONCE) {
    const batch = Array.from({ length: AT_ONCE }, () => sendRandom(operation, random, people, known))
    for (const { line, json, answer } of await Promise.all(batch)) {
      counts[answer.status] = (counts[answer.status] ?? 0) + 1
      const context = `seed ${SEED}: ${line} ${JSON.stringify(json)?.slice(0, 2_000)} → ${answer.status} ${answer.text.slice(0, 500)}`
      expect(answer.status, context).toBeLessThan(500)
      const status = [String(answer.status), `${String(answer.status)[0]}xx`, 'default'].find((name) => declared.has(name))
      expect(status, `${context}: a status that is not declared`).toBeDefined()
      const { mediaTypes = [], validator } = declared.get(status ?? '') ?? {}
      if (answer.text !== '') expect(mediaTypes, context).toContain(answer.headers['content-type']?.split(';')[0])
      if (validator !== undefined && answer.status !== 204)
        expect(validator.Check(answer.body), `${context}: not as declared`).toBe(true)
      if (answer.status >= 400) expect(answer.body.requestId, context).toBeTypeOf('string')
      if (!/openapi|docs/.test(line)) expectNoLeak(answer)
    }
  }
  return counts
}

function compiled(schema: JsonSchema | undefined) {
  return schema === undefined ? undefined : Compile(schema)
}

async function sendRandom(operation: Operation, random: Random, people: readonly Client[], known: Known): Promise<Sent> {
  const wrong = random.chance(COSTLY.includes(operation.label) ? 0.9 : 0.5)
  // One thing is wrong at a time, or it would be the first of them that is always found.
  const wrongPart = wrong ? random.pick(partsOf(operation)) : undefined
  const path = pathOf(operation, random, known, wrongPart)
  const json = operation.body === undefined ? undefined : validValue(operation.body, random, known)
  const body = wrongPart === 'body' ? broken(json, random) : json
  const options: CallOptions = {
    key: wrongPart === 'key' ? random.pick(['', 'k'.repeat(256), 'k'.repeat(255)]) : `fuzz-${random.below(2 ** 31)}`,
  }
  const client = random.pick(people)
  const sid = client.sid
  const answer = await client.call(operation.method, path, body === undefined ? options : { ...options, json: body })
  // Logging in and out is not what the others are tested with.
  if (operation.method !== 'DELETE') client.sid = sid
  return { line: `${operation.method} ${path}`, json: body, answer }
}

function partsOf({ parameters, body }: Operation): string[] {
  const named = parameters.filter(({ in: place }) => place !== 'header').map(({ name }) => name)
  return [...named, 'query', 'key', ...(body === undefined ? [] : ['body', 'body', 'body'])]
}

function pathOf(operation: Operation, random: Random, known: Known, wrongPart: string | undefined): string {
  const textOf = ({ name, schema }: Parameter): string => {
    if (name === wrongPart) return encode(strangeText(random))
    const value = known[name] && random.chance(0.9) ? random.pick(known[name]) : validValue(schema, random, known)
    return encode(String(value))
  }
  const inPath = operation.parameters.filter((parameter) => parameter.in === 'path')
  const path = inPath.reduce((result, parameter) => result.replace(`{${parameter.name}}`, textOf(parameter)), operation.path)
  const inQuery = operation.parameters.filter(
    (parameter) => parameter.in === 'query' && (parameter.required || random.chance(0.4)),
  )
  const query = inQuery.map((parameter) => `${parameter.name}=${textOf(parameter)}`)
  if (wrongPart === 'query') query.push(`${encode(strangeText(random))}=${encode(strangeText(random))}`)
  return query.length === 0 ? path : `${path}?${query.join('&')}`
}

/** Percent-encoded as UTF-8; halves of surrogate pairs, which UTF-8 cannot carry, become the bytes that some clients send for them. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll('%EF%BF%BD', '%ED%A0%80')
}

function hashOf(text: string): number {
  let hash = 0
  for (const character of text) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0
  return hash
}
