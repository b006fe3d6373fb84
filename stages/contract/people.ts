/**
 * Who uses the shop in the contract. Every test registers people of its own, so that suites can run side by side and again and again;
 * log-ins are shared where a test does not need its own, because an address may log in 300 times a minute only.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { type Answer, type Client, clientOf, type Target } from './client.ts'
import type { List, ListedProduct, Order, ProductPage, User } from './shapes.ts'

export const DEMO_PASSWORD = 'outgrow-demo-password'
export const ADMIN_EMAIL = 'admin@example.com'

export type Shopper = { client: Client; user: User; email: string; password: string }
export type Registration = { email: string; password: string; name: string }

export function registration(changes: Partial<Registration> = {}): Registration {
  const random = randomBytes(8).toString('hex')
  return { email: `contract-${random}@example.com`, password: `correct horse ${random}`, name: `Contract ${random}`, ...changes }
}

/** Registers a new shopper and logs them in. */
export async function newShopper(target: Target, options: { localAddress?: string } = {}): Promise<Shopper> {
  const client = clientOf(target, options)
  const { email, password, name } = registration()
  const registered = await client.post<User>('/users', { email, password, name })
  if (registered.status !== 201) throw unexpected('registering a shopper', registered)
  await logIn(client, email, password)
  return { client, user: registered.body, email, password }
}

export async function logIn(client: Client, email: string, password: string): Promise<void> {
  const answer = await client.post('/sessions', { email, password })
  if (answer.status !== 201) throw unexpected(`logging in ${email}`, answer)
}

const admins = new Map<string, Promise<Client>>()

/** One log-in of the administrator for each shop and test file. */
export function adminOf(target: Target): Promise<Client> {
  const known = admins.get(target.url)
  if (known !== undefined) return known
  const admin = logInAsAdmin(target)
  admins.set(target.url, admin)
  return admin
}

async function logInAsAdmin(target: Target): Promise<Client> {
  const client = clientOf(target)
  await logIn(client, ADMIN_EMAIL, DEMO_PASSWORD)
  return client
}

/** The category whose prices and stock the contract changes; the lists that it walks are in others. */
const CHANGED_CATEGORY = 'cat_50'
/** Drills order the best sellers up to this one, and take it for a fault when there are none left. */
const LAST_OF_DRILLS = 'prd_01000'
const PLENTY = 1_000
const unused = new Map<string, Promise<string[]>>()

/** A product that no other test of this file uses, with so many pieces in stock. */
export async function freshProduct(target: Target, stock: number, category = CHANGED_CATEGORY): Promise<ProductPage> {
  const name = `${target.url} ${category}`
  const ids = await (unused.get(name) ?? remember(name, idsOf(target, category)))
  const id = ids.pop()
  if (id === undefined) throw new Error(`${category} has too few products for one run of the contract`)
  return setProduct(target, id, { stock })
}

/** Throws for a best seller that would be left with few pieces, on which a drill of the same run would fail. */
export async function setProduct(target: Target, id: string, changes: Partial<ProductPage>): Promise<ProductPage> {
  if (id <= LAST_OF_DRILLS && (changes.stock ?? PLENTY) < PLENTY)
    throw new Error(`${id} is ordered by drills: leave ${PLENTY} of it`)
  const answer = await (await adminOf(target)).patch<ProductPage>(`/products/${id}`, changes)
  if (answer.status !== 200) throw unexpected(`changing ${id}`, answer)
  return answer.body
}

export async function stockOf(client: Client, id: string): Promise<number> {
  return (await client.get<ProductPage>(`/products/${id}`)).body.stock
}

/** Places an order of one product; throws unless it is placed. */
export async function placeOrder(shopper: Shopper, productId: string, quantity = 1): Promise<Order> {
  const answer = await shopper.client.post<Order>('/orders', { items: [{ productId, quantity }] }, { key: randomUUID() })
  if (answer.status !== 201) throw unexpected('placing an order', answer)
  return answer.body
}

/** Walks a list to its end, page by page; throws after 500 pages. */
export async function walk<Item>(client: Client, path: string, onPage?: (items: Item[]) => Promise<void>): Promise<Item[]> {
  const found: Item[] = []
  let cursor: string | null = ''
  for (let page = 0; cursor !== null; page++) {
    if (page === 500) throw new Error(`${path} has no end after 500 pages`)
    const answer: Answer<List<Item>> = await client.get(cursor === '' ? path : `${path}&cursor=${encodeURIComponent(cursor)}`)
    if (answer.status !== 200) throw unexpected(`reading ${path}`, answer)
    found.push(...answer.body.items)
    await onPage?.(answer.body.items)
    cursor = answer.body.nextCursor
  }
  return found
}

function remember(name: string, ids: Promise<string[]>): Promise<string[]> {
  unused.set(name, ids)
  return ids
}

async function idsOf(target: Target, category: string): Promise<string[]> {
  const products = await walk<ListedProduct>(clientOf(target), `/products?category=${category}&limit=100`)
  return products
    .map(({ id }) => id)
    .filter((id) => id > LAST_OF_DRILLS)
    .sort(() => Math.random() - 0.5)
}

function unexpected(doing: string, answer: Answer<unknown>): Error {
  return new Error(`${doing}: got ${answer.status} ${answer.text.slice(0, 300)}`)
}
