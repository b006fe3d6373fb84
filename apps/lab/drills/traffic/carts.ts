/** Carts, each used by one journey at a time, so that what is in it is known whenever it is looked at. */
import { linesText } from '../../invariants/snapshot.ts'
import type { Cart, Crowd } from './crowd.ts'
import { isUnfinished } from './outcomes.ts'
import { sendOrder } from './purchases.ts'
import { noteRead } from './requests.ts'
import type { Reply } from './shop-client.ts'

type Item = { readonly productId: string; readonly quantity: number }

/** Whether it was acknowledged. What got no answer is sent again, and changes nothing that it has not changed before. */
export async function putIntoCart(crowd: Crowd, cart: Cart, item: Item): Promise<boolean> {
  const { session, items } = cart
  const { productId, quantity } = item
  const before = noteSent(crowd, cart, [productId])
  const call = { operation: 'cart', method: 'PUT', path: `/cart/items/${productId}`, expect: 200 } as const
  const reply = await crowd.client.sendAs(session, { ...call, body: { quantity } })
  if (isUnfinished(reply)) crowd.unfinished.push(() => putIntoCart(crowd, cart, item))
  else if (reply.status !== 200) noteItems(crowd, cart, before)
  if (reply.status !== 200) return false
  items.set(productId, quantity)
  noteChange(crowd, cart, [item], reply)
  return true
}

/** Orders all that is in it, of which nothing may be left. */
export async function orderCart(crowd: Crowd, cart: Cart, key: string = crypto.randomUUID()): Promise<void> {
  const { session, items } = cart
  const before = noteSent(crowd, cart, [...items.keys()])
  const reply = await sendOrder(crowd, { session, key, items: before, body: { fromCart: true } })
  if (isUnfinished(reply)) crowd.unfinished.push(() => orderCart(crowd, cart, key))
  else if (reply.status !== 201) noteItems(crowd, cart, before)
  if (reply.status !== 201) return
  items.clear()
  noteChange(
    crowd,
    cart,
    before.map(({ productId }) => ({ productId, quantity: 0 })),
    reply,
  )
}

/** What is not as acknowledged is older, as nobody else changes it. */
export async function readCart(crowd: Crowd, { session, items, changes, isKnown }: Cart): Promise<void> {
  const expected = linesText(linesOf(items))
  const reply = await crowd.client.sendAs(session, { operation: 'own cart', method: 'GET', path: '/cart', expect: 200 })
  if (reply.status !== 200 || !isKnown) return
  const shown = linesText(JSON.parse(reply.body).items)
  const version = shown === expected ? changes : changes - 1
  noteRead(
    crowd,
    { of: 'cart', id: session.userId },
    version,
    reply,
    `the cart with ${shown || 'nothing'} for ${expected || 'nothing'}`,
  )
}

function linesOf(items: ReadonlyMap<string, number>): Item[] {
  return [...items].map(([productId, quantity]) => ({ productId, quantity }))
}

/** Answers what is known of these products. */
function noteSent({ client }: Crowd, cart: Cart, productIds: readonly string[]): Item[] {
  const { userId } = cart.session
  client.recording.lines.push(...productIds.map((productId) => ({ kind: 'carting', userId, productId }) as const))
  cart.isKnown = false
  return productIds.map((productId) => ({ productId, quantity: cart.items.get(productId) ?? 0 }))
}

function noteItems({ client }: Crowd, cart: Cart, items: readonly Item[]): void {
  const { userId } = cart.session
  client.recording.lines.push(...items.map((item) => ({ kind: 'cart', userId, ...item }) as const))
  cart.isKnown = true
}

function noteChange(crowd: Crowd, cart: Cart, items: readonly Item[], { endedAt }: Reply): void {
  noteItems(crowd, cart, items)
  cart.changes += 1
  const register = { of: 'cart', id: cart.session.userId } as const
  crowd.client.recording.sightings.push({ kind: 'write', register, version: cart.changes, at: endedAt })
}
