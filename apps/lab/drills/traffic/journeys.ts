/** What people do in the shop, each a few requests, one after the other. */
import { productId } from '../../../../loadtests/popularity.ts'
import { cancelOrder } from './cancellations.ts'
import { orderCart, putIntoCart, readCart } from './carts.ts'
import { type Crowd, couple, guest, logIn, mayComeIn, type PricedProduct } from './crowd.ts'
import { type Card, newOrder, newPayment, payOrder, placeOrder, readOrder, readOrders } from './purchases.ts'
import { expectEnded, logOut, raisePrice, readPage, whoAmI } from './requests.ts'
import type { Session } from './shop-client.ts'

/** `index` counts the journeys of this kind. */
export type Journey = (crowd: Crowd, index: number) => Promise<unknown>

/** Products beyond the priced ones that are looked at and bought. */
const PRODUCTS = 1_000
/** Every so many-th page and order is of a product whose price changes. */
const PRICED_EVERY = 4
/** Reads right after a price change, as each may be answered by another app. */
const READS_AFTER_CHANGE = 3
const EVERYWHERE_EVERY = 5
/** Pieces of a product that are put into a cart. */
const MOST_PUT = 3
/** Every so many-th. */
const BACK_AT_ONCE = 3
/** Each in its turn. */
const CARDS: readonly Card[] = ['tok_slow', 'tok_declined', 'tok_lost_reply', 'tok_approved', 'tok_approved', 'tok_approved']
/** No request is at work for longer, so a price change of unknown outcome has come through by then, or must not any more. */
export const OVERTAKEN_AFTER_MS = 10_000

export function look(crowd: Crowd, index: number): Promise<void> {
  return readPage(crowd, productAt(crowd, index))
}

/** An order, read back by its id and in the list. */
export async function order(crowd: Crowd, index: number): Promise<void> {
  const session = shopperAt(crowd, index)
  const id = await placeOrder(crowd, newOrder(session, productAt(crowd, index)))
  if (id === undefined) return
  await readOrder(crowd, session, id)
  await readOrders(crowd, session, [id])
}

/** An order that somebody thinks better of, and now and then says so twice. */
export async function orderAndCancel(crowd: Crowd, index: number): Promise<void> {
  const session = shopperAt(crowd, index)
  const orderId = await placeOrder(crowd, newOrder(session, productAt(crowd, index)))
  if (orderId === undefined || !(await cancelOrder(crowd, { session, orderId }))) return
  if (index % 2 === 0) await cancelOrder(crowd, { session, orderId, again: true })
  await readOrder(crowd, session, orderId)
}

/** As somebody does who clicks twice. */
export async function orderTwice(crowd: Crowd, index: number): Promise<void> {
  const session = shopperAt(crowd, index)
  const request = newOrder(session, productAt(crowd, index))
  const ids = await twice(index, () => placeOrder(crowd, request))
  const id = ids.find((one) => one !== undefined)
  if (id !== undefined) await readOrders(crowd, session, [id])
}

export async function buy(crowd: Crowd, index: number): Promise<void> {
  await buyWith(crowd, index, { pay: payOrder, card: cardAt(index) })
}

/** A payment that the bank takes 2 s for. */
export async function buySlowly(crowd: Crowd, index: number): Promise<void> {
  await buyWith(crowd, index, { pay: payOrder, card: 'tok_slow' })
}

export async function buyTwice(crowd: Crowd, index: number): Promise<void> {
  const pay: typeof payOrder = async (...payment) => {
    const outcomes = await twice(index, () => payOrder(...payment))
    return outcomes.find((one) => one !== undefined)
  }
  await buyWith(crowd, index, { pay, card: cardAt(index + CARDS.length / 2) })
}

async function buyWith(crowd: Crowd, index: number, { pay, card }: { pay: typeof payOrder; card: Card }): Promise<void> {
  const session = shopperAt(crowd, index)
  const orderId = await placeOrder(crowd, newOrder(session, productAt(crowd, index)))
  if (orderId === undefined) return
  const outcome = await pay(crowd, newPayment(session, orderId, card))
  // Only who knows that the card was declined takes another: the first request, sent again, would find the order paid.
  if (outcome === 'declined') await payOrder(crowd, newPayment(session, orderId, 'tok_approved'))
  await readOrder(crowd, session, orderId)
}

/** Now one after the other, now both at once. */
async function twice<Answer>(index: number, send: () => Promise<Answer>): Promise<Answer[]> {
  return index % 2 === 0 ? [await send(), await send()] : Promise.all([send(), send()])
}

/** Something more for the cart; who comes back to it orders what is in it. Some come back at once, and the carts of others stay full for a while. */
export async function shopWithCart(crowd: Crowd, index: number): Promise<void> {
  const { freeCarts } = crowd
  const cart = index % BACK_AT_ONCE === BACK_AT_ONCE - 1 ? freeCarts.pop() : freeCarts.shift()
  if (!cart) return look(crowd, index)
  const isWorthIt = cart.items.size > 0
  await putIntoCart(crowd, cart, { productId: productAt(crowd, index), quantity: 1 + (index % MOST_PUT) })
  await readCart(crowd, cart)
  if (isWorthIt && cart.isKnown) {
    await orderCart(crowd, cart)
    await readCart(crowd, cart)
  }
  // What got no answer may still have its effect later: then nobody changes the cart any more.
  if (cart.isKnown) freeCarts.push(cart)
}

/** The administrator raises a price, and everybody sees it at once; what was asked for before and got no answer must not undo it. */
export async function reprice(crowd: Crowd, index: number): Promise<void> {
  const products = [...crowd.priced.values()]
  const free = products.filter(({ changing }) => !changing)
  const product = products.find((one) => isOvertaken(one)) ?? free[(crowd.first + index) % free.length]
  if (!product) return look(crowd, index)
  const { id } = product
  if (!(await raisePrice(crowd, product))) return
  for (let read = 0; read < READS_AFTER_CHANGE; read += 1) await readPage(crowd, id)
}

function isOvertaken({ changing, changedAt }: PricedProduct): boolean {
  return changing && performance.now() - changedAt > OVERTAKEN_AFTER_MS
}

/** Now a shopper, now a guest, who does not go out meanwhile. */
export async function askWhoIAm(crowd: Crowd, index: number): Promise<void> {
  const guest = index % 2 === 0 ? crowd.guests.shift() : undefined
  await whoAmI(crowd, guest ?? shopperAt(crowd, index))
  if (guest) crowd.guests.push(guest)
}

/** A guest who stays for a while, or now and then somebody with two sessions who ends both at once. */
export async function comeIn(crowd: Crowd, index: number): Promise<void> {
  if (!mayComeIn(crowd)) return look(crowd, index)
  if (index % EVERYWHERE_EVERY === 0) return goOutEverywhere(crowd, index / EVERYWHERE_EVERY)
  const session = await logIn(crowd.client, guest(index))
  if (!session) return
  await whoAmI(crowd, session)
  crowd.guests.push(session)
}

/** Now the one who came last, now the one who has been here longest. */
export async function goOut(crowd: Crowd, index: number): Promise<void> {
  const { guests, ended } = crowd
  const session = index % 2 === 0 ? guests.pop() : guests.shift()
  if (!session) return askWhoIAm(crowd, index)
  if (await logOut(crowd, [session], '/sessions/current')) await expectEnded(crowd, session)
  const other = ended[index % ended.length]
  if (other) await expectEnded(crowd, other)
}

/** Two sessions of one account, ended together. */
async function goOutEverywhere(crowd: Crowd, index: number): Promise<void> {
  const email = couple(index)
  const sessions = [await logIn(crowd.client, email), await logIn(crowd.client, email)].filter((one) => one !== undefined)
  if (!(await logOut(crowd, sessions, '/sessions'))) return
  for (const session of sessions) await expectEnded(crowd, session)
}

/** Once more what nobody knows the outcome of. */
export async function sendAgain(crowd: Crowd, index: number): Promise<unknown> {
  const oldest = crowd.unfinished.shift()
  return oldest ? oldest() : look(crowd, index)
}

export function shopperAt({ shoppers, first }: Crowd, index: number): Session {
  return shoppers[(first + index) % shoppers.length] as Session
}

export function productAt({ priced, first }: Crowd, index: number): string {
  const ids = [...priced.keys()]
  if (index % PRICED_EVERY === 0) return ids[(first + index / PRICED_EVERY) % ids.length] as string
  return productId(1 + ((first + index) % PRODUCTS))
}

function cardAt(index: number): Card {
  return CARDS[index % CARDS.length] as Card
}
