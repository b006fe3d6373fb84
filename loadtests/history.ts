import type { OrderLine } from './shop.ts'

/**
 * The history of a run: one JSON line on k6's console for each operation that may change something, when it begins and when
 * its answer is known. `npm run load` keeps the lines in a file and holds them against the database and the bank.
 */
export type HistoryLine =
  | { kind: 'run'; run: string; userIds: string[] }
  /** Sent and, until a line with the same key follows, of unknown effect. */
  | { kind: 'begin'; operation: 'order'; key: string; userId: string; items: readonly OrderLine[] | typeof FROM_CART }
  | { kind: 'begin'; operation: 'payment'; key: string; orderId: string; card: string }
  /** As it was answered. */
  | { kind: 'order'; id: string; key: string; status: string; totalCents: number; items: readonly OrderLine[] }
  | { kind: 'payment'; id: string; orderId: string; key: string; status: string; amountCents: number }
  /** Sent, and of unknown effect until a `cancellation` of the same order follows. */
  | { kind: 'cancelling'; orderId: string }
  | { kind: 'cancellation'; orderId: string }
  /** A product is put into the cart, or ordered out of it: of unknown effect until a `cart` of the same product follows. */
  | { kind: 'carting'; userId: string; productId: string }
  /** So many pieces are in the cart, and 0 of what was taken out or ordered. */
  | { kind: 'cart'; userId: string; productId: string; quantity: number }
  /** The shop said no: no effect is allowed. */
  | { kind: 'refused'; operation: 'order' | 'payment'; key: string; code: string }
  /** No answer, or one that promises nothing (5xx): it may have had effect, now or later. */
  | { kind: 'info'; operation: 'order' | 'payment'; key: string; detail: string }
  /** An administrator set the stock by hand. */
  | { kind: 'stock'; productId: string; was: number; is: number }
  /** An administrator changed a price, and was told so. */
  | { kind: 'price'; productId: string; priceCents: number }

/** While a request with the same key is at work, and what becomes of it is not known. A client's HTTP library may send one twice by itself. */
const UNDER_WAY = ['KEY_IN_USE', 'PAYMENT_IN_PROGRESS']

/** The answer to a request that changes something leaves open whether it had effect, or will have; `code` is the error's. */
export function leavesOpen(status: number, code: string): boolean {
  return status === 0 || status === REQUEST_TIMEOUT || status >= 500 || isKeyInUse(status, code)
}

export function isKeyInUse(status: number, code: string): boolean {
  return status === 409 && UNDER_WAY.includes(code)
}

/** It did not arrive in time, which says nothing of an earlier one with its key. */
const REQUEST_TIMEOUT = 408

/** What is in a cart that others may change, only the answer tells. */
export const FROM_CART = 'from the cart'

/** Without names and prices, which the total tells. */
export function linesOf(items: readonly OrderLine[]): OrderLine[] {
  return items.map(({ productId, quantity }) => ({ productId, quantity }))
}

/** Who runs a script by hand would only be disturbed by it: it is kept with `-e HISTORY=on`, best with `--console-output FILE --log-format raw`. */
export function record(line: HistoryLine): void {
  if (__ENV.HISTORY === 'on') console.log(JSON.stringify(line))
}
