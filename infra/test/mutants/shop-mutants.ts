/** Orders, payments, the bank and limits: what would sell twice, or charge twice. */
import { mutantsOf } from './mutant.ts'

const ORDERS = 'apps/orders/orders.test.ts'
const ALL_CUSTOMERS = 'apps/orders/admin/admin.test.ts'
const PAYMENTS = 'apps/payments/payments.test.ts'
const BANK = 'apps/bank/bank.test.ts'
const LIMITS = 'apps/platform/limits/limits.test.ts'

const selling = [
  ...mutantsOf('apps/orders/checkout-transaction.ts', ORDERS, [
    ['await takeKey(trx, request, id)', '', 'a request that is sent again places a second order'],
    ['assertSameRequest(known.request_hash, request)', '', 'a key with another body is answered with the first order'],
    [
      'await returnStock(trx, order.items)',
      'await returnStock(trx, order.items.map(({ productId }) => ({ productId, quantity: 1 })))',
      'a cancellation gives one piece back, however many were ordered',
    ],
    [
      "if (code === 'ER_LOCK_DEADLOCK') throw new ShopError('KEY_IN_USE', undefined, { retryAfterS: 1, cause: error })",
      '',
      'repeats that deadlock are told that the shop failed',
    ],
  ]),
  ...mutantsOf('apps/orders/queries.ts', ORDERS, [
    [
      ".where((where) => where.or([where('payment_id', 'is', null), where('payment_id', '!=', paymentId)]))",
      '',
      'a payment that gave its order back claims it again',
    ],
    [
      'if (numUpdatedRows === 0n) return undefined',
      "if (numUpdatedRows === 0n) return 'before'",
      'a payment that does not hold an order pays it',
    ],
    [
      "return page.orderBy('id', 'desc').limit(most).execute()",
      "return page.orderBy('id').limit(most).execute()",
      'lists begin with the oldest order',
    ],
  ]),
  ...mutantsOf('apps/orders/orders.ts', ORDERS, [
    ['refuseTwins(items)', '', 'a product may be in an order twice'],
    ['const last = rows.length > limit ? shown.at(-1) : undefined', 'const last = undefined', 'a list ends with its first page'],
  ]),
  ...mutantsOf('apps/orders/stored-orders.ts', ORDERS, [
    [
      "return { ...(await readOrder(db, userId, id)), status: 'placed' }",
      'return readOrder(db, userId, id)',
      'a repeat is answered with what became of the order since',
    ],
    ["paid: 'ALREADY_PAID',", "paid: 'PAYMENT_IN_PROGRESS',", 'who pays a paid order is told to wait for ever'],
  ]),
]

const overviews = [
  ...mutantsOf('apps/orders/admin/all-orders.ts', ALL_CUSTOMERS, [
    [
      'const found = values.flat().sort(newestFirst)',
      'const found = values.flat()',
      'all orders of one place come before any other',
    ],
  ]),
  ...mutantsOf('apps/orders/admin/partial.ts', ALL_CUSTOMERS, [
    [
      'if (values.length > 0) return { values, missing: names }',
      'if (values.length > 0) return { values, missing: [] }',
      'a sum without a part looks like the whole',
    ],
  ]),
  ...mutantsOf('apps/orders/admin/queries.ts', ALL_CUSTOMERS, [
    ['const APART_MS = 60_000', 'const APART_MS = 0', 'an order that waited for a lock is in no sum'],
    [".where('status', '=', 'paid')", '', 'what is cancelled is sold'],
  ]),
  ...mutantsOf('apps/orders/schema.sql', ALL_CUSTOMERS, [
    [
      'KEY orders_of_status (status, id, created_at, total_cents)',
      'KEY orders_of_status (created_at)',
      'a list of few orders reads all others',
    ],
  ]),
]

const CART = 'apps/orders/cart/cart.test.ts'
const CACHED_CART = 'apps/orders/cart/cached.test.ts'

const carts = [
  ...mutantsOf('apps/orders/checkout-transaction.ts', CART, [
    ['if (fromCart) await emptyCart(', '', 'what is ordered stays in the cart'],
  ]),
  ...mutantsOf('apps/orders/cart/take-from-cart.ts', CART, [
    [
      'if (!(await deleteCartItems(',
      'await deleteCartItems(trx, userId, items)',
      'what was put in from another window is ordered as it was before',
    ],
  ]),
  ...mutantsOf('apps/orders/cart/cart.ts', CART, [
    ['await lockCart(trx, userId)', '', 'a cart has more products than an order may'],
  ]),
  ...mutantsOf('apps/orders/cart/cart.ts', CACHED_CART, [
    [
      'await change(userId, work, (hasChanged) => hasChanged)',
      'await change(userId, work, () => true)',
      'a change in doubt is taken for decided, and what it changes is kept as it was before',
    ],
    [
      'return change(userId, work, ({ replayed }) => !replayed)',
      'return change(userId, work, () => true)',
      'an order that is asked for again ends the doubts of others',
    ],
  ]),
  ...mutantsOf('apps/orders/cart/cached.ts', CACHED_CART, [
    [
      'return cache.change(touched, work, hasCommitted)',
      'return work()',
      'an app goes on showing a cart that another app has changed',
    ],
  ]),
  ...mutantsOf('apps/platform/cache/invalidation.ts', CACHED_CART, [
    [
      'return { value: await load(await databases.readsOf(userId)), fresh: true }',
      'return { value: await load(userId ? databases.reads : databases.writes), fresh: true }',
      'a cart is kept as a late replica has it',
    ],
  ]),
]

const writing = [
  ...mutantsOf('apps/products/flash-sales/flash-sales.ts', 'apps/products/flash-sales/repeated-opening.test.ts', [
    ['await takeKey(trx, request, sale)', '', 'a sale that is opened again fills the shelf again'],
    ['assertSameRequest(known.request_hash, request)', '', 'a key with another sale is answered with the first one'],
  ]),
  ...mutantsOf('apps/platform/mysql/pool.ts', 'apps/platform/mysql/late-statements.test.ts', [
    ['if (!ENDS.has(options)) refuseLate()', '', 'an app that wakes changes what was changed since'],
  ]),
]

const paying = [
  ...mutantsOf('apps/payments/payments.ts', PAYMENTS, [
    ['assertSameRequest(known.request_hash, request)', '', 'a key with another card is answered with the first payment'],
  ]),
  ...mutantsOf('apps/payments/queries.ts', PAYMENTS, [
    [
      "const { numUpdatedRows } = await updateStarted(db, id).set(lease).where('lease_until', '<=', NOW).executeTakeFirst()",
      'const { numUpdatedRows } = await updateStarted(db, id).set(lease).executeTakeFirst()',
      'two work on one payment at the same time',
    ],
  ]),
  ...mutantsOf('apps/payments/claims/claims-apart.ts', PAYMENTS, [
    ['if (isRefusal(error)) await deletePayment(', '', 'a refused payment is remembered under its key'],
    [
      "if (outcome.status === 'captured') await orders.markPaid(",
      "if (outcome.status === 'captured') await Promise.resolve()",
      'a card is charged and its order is not paid',
    ],
    ['await storeOutcome(', '', 'a settled payment stays open, and is worked on again'],
  ]),
  ...mutantsOf('apps/payments/claims/claim-transaction.ts', PAYMENTS, [
    ['if (known) return { known }', '', 'a payment that is sent again is told that its order is paid'],
    [
      'if (!(await setPaying(orders, payment.user_id, payment.order_id, payment.id))) return false',
      'await setPaying(orders, payment.user_id, payment.order_id, payment.id)',
      'two payments at once charge for one order',
    ],
  ]),
  ...mutantsOf('apps/payments/claims/claim-transaction.ts', 'apps/payments/settlement.test.ts', [
    ['if (!ended) await apart.end(', '', 'a payment that was half settled stays so'],
  ]),
  ...mutantsOf('apps/payments/settlement.ts', PAYMENTS, [
    [
      'if (!lease.isOver() && !wasRefused(error)) await thoughGone(',
      '',
      'after a failure a payment is closed to its owner until the lease runs out',
    ],
  ]),
  ...mutantsOf('apps/payments/sweeper.ts', PAYMENTS, [
    [
      "if (error instanceof ShopError && error.code === 'PAYMENT_PENDING') throw error",
      '',
      'a sweeper asks a silent bank for every payment',
    ],
  ]),
  ...mutantsOf('apps/payments/bank-client.ts', 'apps/payments/bank-client.test.ts', [
    ['const ATTEMPTS = 2', 'const ATTEMPTS = 1', 'an answer of the bank that was lost is not asked for again'],
    ["if (status === 402) return { status: 'declined' }", '', 'a declined card is an error of the shop'],
  ]),
  ...mutantsOf('apps/bank/charges.ts', BANK, [
    [
      'underWay.set(request.key, { request, charge: deciding })',
      '',
      'requests with one key at the same time charge more than once',
    ],
    [
      'const same = known.amountCents === amountCents && known.reference === reference && known.card === card',
      'const same = known.reference === reference && known.card === card',
      'a key is answered with a charge of another amount',
    ],
  ]),
  ...mutantsOf('apps/bank/ledger.ts', BANK, [
    ['if (end < bytes.length) await file.truncate(end)', '', 'a line that a crash cut short spoils the next one'],
    ['await file.close()', '', 'a ledger that cannot be read back stays open'],
  ]),
]

const limits = mutantsOf('apps/platform/limits/limits.ts', LIMITS, [
  [
    'const window = current(windows, key, (endsAt) => ({ count: 0, endsAt }), limit)',
    'const window = current(windows, key, (endsAt) => ({ count: -1, endsAt }), limit)',
    'one more is let through than a limit allows',
  ],
  [
    'if (value === undefined) window.count += 1',
    'if (value !== undefined) window.count += 1',
    'right log-ins are counted and wrong ones are not',
  ],
])

export const SHOP_MUTANTS = [...selling, ...carts, ...overviews, ...writing, ...paying, ...limits]
