import type { Standing } from './standing.ts'

/** All errors that the shop answers: one table of codes, answered as problem details (RFC 9457). */
export const ERRORS = {
  BAD_REQUEST: { status: 400, title: 'The request is not valid' },
  CODE_WRONG: { status: 400, title: 'The code is wrong, used or over; ask for another one' },
  BAD_CREDENTIALS: { status: 401, title: 'The e-mail address or the password is wrong' },
  NOT_LOGGED_IN: { status: 401, title: 'Log in first' },
  UNSIGNED: { status: 401, title: 'This service takes requests from the shop’s own front door alone' },
  CARD_DECLINED: { status: 402, title: 'The bank declined the card' },
  FORBIDDEN: { status: 403, title: 'This account may not do that' },
  CROSS_SITE: { status: 403, title: 'The request comes from another site' },
  NOT_FOUND: { status: 404, title: 'There is nothing at this address' },
  PRODUCT_NOT_FOUND: { status: 404, title: 'There is no such product' },
  ORDER_NOT_FOUND: { status: 404, title: 'There is no such order' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This address takes other methods' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request did not arrive in time' },
  EMAIL_TAKEN: { status: 409, title: 'There is an account with this e-mail address' },
  CART_CHANGED: { status: 409, title: 'The cart is being changed; send the request again' },
  CART_EMPTY: { status: 409, title: 'There is nothing in the cart' },
  CART_FULL: { status: 409, title: 'No more products fit into the cart' },
  OUT_OF_STOCK: { status: 409, title: 'There is not enough in stock' },
  ALREADY_PAID: { status: 409, title: 'The order is paid' },
  ALREADY_CANCELLED: { status: 409, title: 'The order is cancelled' },
  PAYMENT_IN_PROGRESS: { status: 409, title: 'A payment of this order is under way' },
  KEY_IN_USE: { status: 409, title: 'The first request with this Idempotency-Key is still running' },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The body is larger than 64 KiB' },
  URI_TOO_LONG: { status: 414, title: 'The address is too long' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The body must be application/json in UTF-8' },
  EXPECTATION_FAILED: { status: 417, title: 'The only expectation that is met is 100-continue' },
  KEY_REUSED: { status: 422, title: 'This Idempotency-Key came with another body before' },
  TOO_MANY_REQUESTS: { status: 429, title: 'Too many requests' },
  HEADERS_TOO_LARGE: { status: 431, title: 'The headers are too large' },
  INTERNAL: { status: 500, title: 'The shop made a mistake' },
  UNAVAILABLE: { status: 503, title: 'Something that the shop needs does not answer' },
  TOO_LATE: { status: 503, title: 'The request has waited too long to be carried out; send it again' },
  PAYMENT_PENDING: { status: 503, title: 'The bank does not answer; send the same request again' },
} as const satisfies Record<string, { status: number; title: string }>

export type ErrorCode = keyof typeof ERRORS

type Options = ErrorOptions & { retryAfterS?: number; standing?: Standing }

export class ShopError extends Error {
  readonly code: ErrorCode
  /** Seconds after which the caller may try again; answered as `Retry-After`. */
  readonly retryAfterS: number | undefined
  /** Of the limit that was met, if it is that; answered as `RateLimit`. */
  readonly standing: Standing | undefined

  constructor(code: ErrorCode, detail: string = ERRORS[code].title, options: Options = {}) {
    super(detail, options)
    this.name = 'ShopError'
    this.code = code
    this.retryAfterS = options.retryAfterS
    this.standing = options.standing
  }
}
