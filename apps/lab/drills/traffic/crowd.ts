/** Who is in the shop during a drill: shoppers and an administrator who stay, and guests who come and go. */

import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../../../infra/process/until.ts'
import { demoProducts } from '../../../products/seed.ts'
import { DEMO_PASSWORD } from '../../../users/seed.ts'
import { type Reply, type Session, ShopClient } from './shop-client.ts'
import { spreadShoppers } from './spread-shoppers.ts'

export type Placed = { readonly id: string; readonly createdAt: string }

/** A product whose price the administrator raises, a cent at a time: the price is its version. */
export type PricedProduct = {
  readonly id: string
  priceCents: number
  /** A change is under way, or its outcome was never known: for some time another one could be overtaken by it. */
  changing: boolean
  /** When the last change was sent. */
  changedAt: number
}

/** What is in a shopper's cart, which one journey uses at a time. */
export type Cart = {
  readonly session: Session
  /** Pieces by product, as acknowledged. */
  readonly items: Map<string, number>
  /** How often a change was acknowledged: the version of what is read. */
  changes: number
  /** False while nobody knows what became of the last change. */
  isKnown: boolean
}

export type Crowd = {
  /** Where the rows of shoppers and products begin: what a seed chooses. */
  readonly first: number
  readonly client: ShopClient
  readonly shoppers: readonly Session[]
  readonly admin: Session
  readonly guests: Session[]
  /** Sessions that have ended, acknowledged. */
  readonly ended: Session[]
  /** Acknowledged orders, in the order in which they were told of: what was sent again is older than it seems. */
  readonly placed: ReadonlyMap<Session, Placed[]>
  readonly priced: ReadonlyMap<string, PricedProduct>
  readonly carts: readonly Cart[]
  /** Those that no journey uses now. */
  readonly freeCarts: Cart[]
  /** Requests of unknown outcome: each sends its own again, and puts itself back where it is still unknown. */
  readonly unfinished: (() => Promise<unknown>)[]
}

const GUESTS = 20
const PRICED = 40
/** An account may place 100 orders a minute; drills may follow each other at once. */
const ORDERS_A_MINUTE_EACH = 60
const LEAST_SHOPPERS = 10
/** Each log-in takes the next account. */
const FIRST_GUEST = 201
const GUEST_ACCOUNTS = 100
const SETTING_UP_AT_ONCE = 4
const LIMITED_MS = 65_000
const AGAIN_AFTER_MS = 1_000
/** Traffic logs in, too. */
const LOG_INS_LEFT = 75
/** Kept for those who must log in while something is broken. */
const LOG_INS_KEPT = 30

type Gathering = { readonly ordersPerS: number; readonly customers: number; readonly first: number }

/** Throws when somebody cannot log in: the stage is not well before the drill. */
export async function gatherCrowd(url: string, { ordersPerS, customers, first }: Gathering): Promise<Crowd> {
  const client = new ShopClient(url)
  const shoppers: Session[] = []
  const guests: Session[] = []
  const priced = new Map<string, PricedProduct>()
  const count = Math.max(LEAST_SHOPPERS, customers, Math.ceil((ordersPerS * 60) / ORDERS_A_MINUTE_EACH))
  const logIns = async (into: Session[], emails: readonly string[]) =>
    inTurns(emails, async (email) => void into.push(await mustLogIn(client, email)))
  await logIns(shoppers, spreadShoppers(count))
  await logIns(guests, numbers(GUESTS).map(guest))
  await inTurns(demoProducts().slice(0, PRICED), async ({ id }) => void priced.set(id, await priceOf(client, id)))
  const admin = await mustLogIn(client, 'admin@example.com')
  await untilLogInsAreLeft(client)
  client.recording.lines.push({ kind: 'run', run: crypto.randomUUID(), userIds: shoppers.map(({ userId }) => userId) })
  const carts: Cart[] = []
  await inTurns(shoppers, async (session) => void carts.push(await cartOf(client, session)))
  const placed = new Map(shoppers.map((session) => [session, []]))
  return { first, client, shoppers, admin, guests, ended: [], placed, priced, carts, freeCarts: [...carts], unfinished: [] }
}

/** The address of the `number`th guest. */
export function guest(number: number): string {
  return shopper(FIRST_GUEST + (number % GUEST_ACCOUNTS))
}

/** Accounts that log in twice and out everywhere, and that nobody else may use meanwhile. */
export function couple(number: number): string {
  return shopper(FIRST_GUEST + GUEST_ACCOUNTS + (number % GUEST_ACCOUNTS))
}

/** A drill may last as long as a minute's log-ins do: who is in no hurry leaves the last of them to others. */
export function mayComeIn({ client: { logIns } }: Crowd): boolean {
  return logIns.left > LOG_INS_KEPT || performance.now() > logIns.endsAt
}

/** The session that the shop gave; undefined where it gave none. */
export async function logIn(client: ShopClient, email: string): Promise<Session | undefined> {
  const call = { operation: 'log-in', method: 'POST', path: '/sessions', expect: 201, customer: email } as const
  const reply = await client.send({ ...call, body: { email, password: DEMO_PASSWORD } })
  const [, left, resetS] = /"log-ins";r=(\d+);t=(\d+)/.exec(reply.rateLimit) ?? []
  if (left !== undefined) client.logIns = { left: Number(left), endsAt: performance.now() + Number(resetS) * 1_000 }
  if (reply.status !== 201) return undefined
  const session = sessionOf(email, reply)
  client.noteSession(session, 'begun', reply)
  return session
}

let sessions = 0

function sessionOf(email: string, { body, setCookie }: Reply): Session {
  sessions += 1
  const [name = ''] = email.split('@', 1)
  return { name: `${name}, session ${sessions}`, userId: JSON.parse(body).id, cookie: setCookie.split(';', 1)[0] ?? '' }
}

/** Drills that follow each other come to the limit of log-ins of an address, and wait until its minute is over. */
async function mustLogIn(client: ShopClient, email: string): Promise<Session> {
  const { sent } = client.recording
  const complaint = `${email} could not log in before the drill`
  const attempt = async () => {
    const session = await logIn(client, email)
    if (session) return session
    const refused = sent.findLastIndex(({ operation, failure }) => operation === 'log-in' && failure !== undefined)
    const [{ failure } = {}] = sent.splice(refused, 1)
    if (failure !== 'status 429') throw new Error(`${complaint}: ${failure}`)
    return new Error(failure)
  }
  return until(attempt, { withinMs: LIMITED_MS, everyMs: AGAIN_AFTER_MS, complaint })
}

/** Waits for the next minute of the limit where the traffic would come to it. */
async function untilLogInsAreLeft({ logIns }: ShopClient): Promise<void> {
  if (logIns.left < LOG_INS_LEFT) await sleep(Math.max(0, logIns.endsAt - performance.now()))
}

async function priceOf(client: ShopClient, id: string): Promise<PricedProduct> {
  const { status, body } = await client.send({ operation: 'page', method: 'GET', path: `/products/${id}`, expect: 200 })
  if (status !== 200) throw new Error(`the page of ${id} was answered with status ${status} before the drill`)
  return { id, priceCents: JSON.parse(body).priceCents, changing: false, changedAt: 0 }
}

/** With what an earlier drill has left in it. */
async function cartOf(client: ShopClient, session: Session): Promise<Cart> {
  const { status, body } = await client.sendAs(session, { operation: 'own cart', method: 'GET', path: '/cart', expect: 200 })
  if (status !== 200) throw new Error(`the cart of ${session.name} was answered with status ${status} before the drill`)
  const { items } = JSON.parse(body) as { items: { productId: string; quantity: number }[] }
  const pieces = items.map(({ productId, quantity }) => [productId, quantity] as const)
  return { session, items: new Map(pieces), changes: 0, isKnown: true }
}

function shopper(number: number): string {
  return `shopper-${String(number).padStart(4, '0')}@example.com`
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}

/** A few at a time, so that work before and after the load does not overrun a small stage. */
export async function inTurns<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  const waiting = [...items]
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: SETTING_UP_AT_ONCE }, worker))
}
