/** Orders and stock in two databases: what would sell a piece twice, lose one, or leave one between the two. */
import { mutantsOf } from './mutant.ts'

const SCHEDULES = 'apps/orders/saga/schedules.test.ts'
const CHECKOUT = 'apps/orders/saga/checkout-saga.test.ts'
const LEFTOVERS = 'apps/orders/saga/leftovers.test.ts'
const DESK = 'apps/orders/saga/saga-orders.test.ts'
const SHELF = 'apps/products/stock/stock.test.ts'

const schedules = [
  ...mutantsOf('apps/orders/saga/checkout-saga.ts', SCHEDULES, [
    [
      "if (DUTIES[state] === 'keep') return orders.find(",
      '',
      'an order that was placed loses its pieces, where only the answer was lost',
    ],
  ]),
  ...mutantsOf('apps/orders/saga/steps.ts', SCHEDULES, [
    ["pending: 'wait',", "pending: 'give back',", 'pieces go back before the refusal is written'],
    ["refused: 'give back',", "refused: 'keep',", 'the pieces of orders that were refused are kept for nobody'],
    ["cancelled: 'give back',", "cancelled: 'keep',", 'the pieces of orders that were cancelled at once are kept for nobody'],
  ]),
  ...mutantsOf('apps/orders/saga/sweeper.ts', SCHEDULES, [
    [
      "return state ? DUTIES[state] : 'ask again'",
      "return state ? DUTIES[state] : 'give back'",
      'a database that cannot be asked is taken for one that knows of no order',
    ],
    [
      "if (DUTIES[state] === 'give back') await giveBack(",
      'await giveBack(stock, intent.orderId)',
      'the sweeper takes pieces from an order that was placed at the last moment',
    ],
    ['await giveBack(stock, orderId, items)', '', 'a compensation that failed is not repeated'],
    ['for (const id of back) await attempt(', '', 'pieces that were taken for no order stay held'],
    ['if (keep.length > 0) await attempt(', '', 'nobody says that the pieces of placed orders are kept'],
  ]),
]

const requests = [
  ...mutantsOf('apps/orders/saga/checkout-saga.ts', CHECKOUT, [
    ['withoutDeadline(() => giveUp(', 'giveUp(parts, intent, error),', 'a request that is too late leaves its key in use'],
    ['if (!tookNothing(error)) await giveBack(', '', 'what a late request took waits for the sweeper'],
    ['if (!known.isPlaced) throw', '', 'who repeats a request that is under way is told that there is no such order'],
    ['assertSameRequest(known.requestHash, request)', '', 'a key with another body is answered with the first order'],
  ]),
  ...mutantsOf('apps/orders/saga/sweeper.ts', LEFTOVERS, [
    ['failures.push(...missing.map(', '', 'nobody hears that a database cannot be asked what was left there'],
    [
      'const refused = ids.filter(',
      'const refused = ids',
      'who gives a cancelled order back twice, the second time late, makes pieces',
    ],
    ['if (refused.length > 0) await stock.forget(', '', 'what is known of refused orders is kept for ever'],
    ['for (const intent of intents) await attempt(', '', 'a request whose process died keeps its key in use for ever'],
  ]),
]

const stores = [
  ...mutantsOf('apps/orders/saga/database-saga-orders.ts', DESK, [
    [
      'if (!(await setPlaced(trx, intent))) return undefined',
      'await setPlaced(trx, intent)',
      'an order is placed that was refused',
    ],
    ['await insertOwed(trx, orderId)', '', 'a cancellation does not say what it owes'],
    ["if (await deleteIntent(db, intent)) return 'refused'", "return 'refused'", 'a refusal leaves its key'],
  ]),
  ...mutantsOf('apps/products/stock/database-stock.ts', SHELF, [
    ["if (state === 'returned') throw", '', 'a take that comes after its return takes what is not there'],
    [
      'if (!isBack) await returnStock(catalogue, lines)',
      'await returnStock(catalogue, lines)',
      'pieces that are given back twice come back twice',
    ],
    ['await insertReservation(trx, orderId, lines)', '', 'an order that asks twice takes twice'],
    ['if (!isBack || items) await setReturned(', '', 'what was given back leaves no tombstone'],
  ]),
]

export const SAGA_MUTANTS = [...schedules, ...requests, ...stores]
