/**
 * All keys that the shop keeps in Redis, and nowhere else: each with the role of the Redis that holds it, its type, its lifetime, and
 * what its loss means. The table of the documentation is made from this.
 */
import { EVENT_KEYS } from './event-keys.ts'
import { type Key, key } from './key.ts'
import { hashTag } from './slot.ts'

export const KEYS = {
  productPage: key({
    role: 'cache',
    noun: 'product',
    tag: 'product',
    type: 'string',
    lifetime: 'cacheTtlMs, or 30 seconds where there is no such product',
    whenLost: 'the next reader reads the page from MySQL',
  }),
  productPageVersion: key({
    role: 'cache',
    noun: 'product-version',
    tag: 'product',
    type: 'string',
    lifetime: '1 hour; while the product is being changed 10 minutes at most',
    whenLost: 'the page is read from MySQL, as if it were lost too',
  }),
  productPageLock: key({
    role: 'cache',
    noun: 'product-lock',
    tag: 'product',
    type: 'string',
    lifetime: '2 seconds',
    whenLost: 'two apps may read the page from MySQL at the same time',
  }),
  productList: key({
    role: 'cache',
    noun: 'products',
    tag: 'category, or * for all',
    type: 'string',
    lifetime: 'cacheTtlMs, 10 seconds at most',
    whenLost: 'the next reader reads the list from MySQL',
  }),
  productListVersion: key({
    role: 'cache',
    noun: 'products-version',
    tag: 'category, or * for all',
    type: 'string',
    lifetime: '1 hour; while a product of the category is being changed 10 minutes at most',
    whenLost: 'all lists of the category are read from MySQL',
  }),
  productListLock: key({
    role: 'cache',
    noun: 'products-lock',
    tag: 'category, or * for all',
    type: 'string',
    lifetime: '2 seconds',
    whenLost: 'two apps may read the list from MySQL at the same time',
  }),
  cart: key({
    role: 'cache',
    noun: 'cart',
    tag: 'user',
    type: 'string',
    lifetime: 'cacheTtlMs',
    whenLost: 'the next look at the cart reads it from MySQL',
  }),
  cartVersion: key({
    role: 'cache',
    noun: 'cart-version',
    tag: 'user',
    type: 'string',
    lifetime: '1 hour; while the cart is being changed 10 minutes at most',
    whenLost: 'the cart is read from MySQL, as if it were lost too',
  }),
  cartLock: key({
    role: 'cache',
    noun: 'cart-lock',
    tag: 'user',
    type: 'string',
    lifetime: '2 seconds',
    whenLost: 'two apps may read the cart from MySQL at the same time',
  }),
  cacheProbe: key({
    role: 'cache',
    noun: 'probe',
    tag: 'a number that leads to the server',
    type: 'string',
    lifetime: 'none: it is never there, and deleted to see whether Redis takes writes',
    whenLost: 'nothing',
  }),
  session: key({
    role: 'state',
    noun: 'session',
    tag: 'hash of the token',
    type: 'string',
    lifetime: '30 minutes from its last use, 12 hours at most',
    whenLost: 'its user logs in again',
  }),
  sessionsOfUser: key({
    role: 'state',
    noun: 'sessions-of',
    tag: 'user',
    type: 'sorted set',
    lifetime: '12 hours from the last log-in',
    whenLost: 'its user’s sessions are lost with it',
  }),
  limitWindow: key({
    role: 'state',
    noun: 'limit',
    tag: 'limit and whom it counts',
    type: 'string',
    lifetime: 'the window of the limit',
    whenLost: 'the window starts again',
  }),
  orderLimitWindow: key({
    role: 'state',
    noun: 'order-limit',
    tag: 'limit and whom it counts',
    type: 'string',
    lifetime: 'the window of the limit',
    whenLost: 'the window starts again',
  }),
  attempts: key({
    role: 'state',
    noun: 'attempts',
    tag: 'limit and whom it counts',
    type: 'sorted set',
    lifetime: '15 seconds from the last attempt to log in',
    whenLost: 'a few more passwords may be tried at once',
  }),
  written: key({
    role: 'state',
    noun: 'wrote',
    tag: 'user',
    type: 'hash',
    lifetime: 'replicaLagLimitMs and 19 seconds, from the user’s last write',
    whenLost: 'nothing: after a failover of Redis orders are read from the primary until every replica has them',
  }),
  recentlyViewed: key({
    role: 'cache',
    noun: 'viewed',
    tag: 'user',
    type: 'list',
    lifetime: '1 minute, or with views=forget 30 days from the last product; 20 products at most',
    whenLost: 'it is made from MySQL; with views=forget its user has looked at nothing yet',
  }),
  viewQueue: key({
    role: 'state',
    noun: 'view-queue',
    tag: 'a constant',
    type: 'hash',
    lifetime: 'until MySQL has the views, a second or so; 10,000 users at most',
    whenLost: 'the views of that second: lists show them for another minute at most',
  }),
  bestsellers: key({
    role: 'state',
    noun: 'bestsellers',
    tag: 'a constant',
    type: 'sorted set',
    lifetime: 'for good; made anew every 10 minutes',
    whenLost: 'it is made from the paid orders within seconds, and until then they are counted for each list',
  }),
  countedOrders: key({
    role: 'state',
    noun: 'counted-orders',
    tag: 'a constant',
    type: 'sorted set',
    lifetime: 'for good; the last 10,000 orders',
    whenLost: 'an order whose count is sent twice would count twice until the bestsellers are made anew',
  }),
  bestsellersLock: key({
    role: 'state',
    noun: 'bestsellers-lock',
    tag: 'a constant',
    type: 'string',
    lifetime: '10 seconds',
    whenLost: 'the paid orders may be counted twice at the same time',
  }),
  verificationCode: key({
    role: 'state',
    noun: 'code',
    tag: 'hash of the e-mail address',
    type: 'hash',
    lifetime: '10 minutes',
    whenLost: 'its user asks for another code',
  }),
  flashSale: key({
    role: 'state',
    noun: 'flash-sale',
    tag: 'product',
    type: 'hash',
    lifetime: '10 seconds from the last time that MySQL was counted, and the end of the sale at most',
    whenLost: 'orders go to MySQL ungated until it is made from there, within a second while the worker runs',
  }),
  ...EVENT_KEYS,
} as const satisfies Record<string, Key>

declare const oneTag: unique symbol
/** Keys that a Cluster has on one server, so that one command may have them all. Only `together` makes them. */
export type Together = readonly string[] & { readonly [oneTag]: true }

export function together(...keys: readonly string[]): Together {
  const [first = '', ...others] = keys
  const tag = hashTag(first)
  for (const key of others) {
    if (hashTag(key) !== tag) throw new Error(`${first} and ${key} have not one tag, so a Cluster may have them on two servers`)
  }
  return keys as Together
}

/** A larger value holds everybody up while it is read, written or freed, for Redis does one thing at a time. */
export const LARGEST_VALUE_BYTES = 64 * 1_024

/** Whether a value may be kept; what is larger stays in MySQL alone. */
export function isSmallEnough(value: string): boolean {
  // Most values are far smaller: no character takes more than three bytes.
  return value.length * 3 <= LARGEST_VALUE_BYTES || Buffer.byteLength(value) <= LARGEST_VALUE_BYTES
}

/** A Markdown table of all keys. */
export function keyTable(): string {
  const rows = Object.values<Key>(KEYS).map((one) => [`\`${one('…')}\``, one.role, one.type, one.tag, one.lifetime, one.whenLost])
  const heads = ['key', 'Redis', 'type', 'in the braces', 'lifetime', 'when it is lost']
  const lines = [heads, heads.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}
