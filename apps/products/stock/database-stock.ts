import type { Transaction } from 'kysely'
import { ShopError } from '../../platform/http/errors.ts'
import type { Database, Databases } from '../../platform/mysql/database.ts'
import { codeOf, inTransaction } from '../../platform/mysql/transactions.ts'
import type { Item } from '../flash-sales/gate.ts'
import type { Products } from '../products.ts'
import { type ProductsTables, returnStock, selectProductsById, takeStock } from '../queries.ts'
import { offerOf } from './offer.ts'
import {
  deleteReturned,
  insertReservation,
  insertReservationOnce,
  lockReservation,
  type Reservation,
  type ReservationsTables,
  selectExpired,
  selectReservation,
  setKept,
  setReturned,
} from './queries.ts'
import type { Line, Stock } from './stock.ts'

type Tables = ProductsTables & ReservationsTables

/** Whoever shows a stock is told of what comes back, as a sweeper tells nobody else; of what is taken its order tells. */
export function databaseStock({ writes }: Pick<Databases<Tables>, 'writes'>, products: Pick<Products, 'stockChanged'>): Stock {
  return {
    take: (orderId, items) => take(writes, orderId, items),
    async giveBack(orderId, items) {
      const back = await inTransaction(writes, (trx) => giveBack(trx, orderId, items))
      if (back.length > 0) await products.stockChanged(back.map(({ productId }) => productId))
    },
    keep: (orderIds) => setKept(writes, orderIds),
    unsettled: (after, most) => selectExpired(writes, 'held', { after, most }),
    outlived: (after, most) => selectExpired(writes, 'returned', { after, most }),
    forget: (orderIds) => deleteReturned(writes, orderIds),
  }
}

/** What is wanted by many is locked from the last statement to the commit, and no longer: that is as many orders as it can bear. */
async function take(db: Database<Tables>, orderId: string, items: readonly Item[]): Promise<readonly Line[]> {
  try {
    const lines = await offer(db, items)
    await inTransaction(db, async (trx) => {
      const catalogue: Transaction<ProductsTables> = trx
      await insertReservation(trx, orderId, lines)
      if (await takeStock(catalogue, lines)) return
      // Gone since we looked; where it has come back meanwhile too, nobody can say how many there were.
      await offer(catalogue, items)
      throw new ShopError('OUT_OF_STOCK')
    })
    return lines
  } catch (error) {
    // The first time may have taken the last piece.
    const before = OF_REPEATS.has(codeOf(error)) ? await selectReservation(db, orderId) : undefined
    if (before) return takenBefore(before)
    throw error
  }
}

const OF_REPEATS: ReadonlySet<string> = new Set(['ER_DUP_ENTRY', 'OUT_OF_STOCK', 'PRODUCT_NOT_FOUND'])

function takenBefore({ state, lines }: Reservation): readonly Line[] {
  if (state === 'returned') throw new ShopError('TOO_LATE', undefined, { retryAfterS: 1 })
  return lines
}

async function offer(db: Database<ProductsTables>, items: readonly Item[]): Promise<readonly Line[]> {
  const ids = items.map(({ productId }) => productId)
  return offerOf(await selectProductsById(db, ids), items)
}

/** What came back just now. The row stays as long as anything may come late, and keeps the order from taking anything then. */
async function giveBack(trx: Transaction<Tables>, orderId: string, items: readonly Item[] | undefined): Promise<readonly Item[]> {
  const reservations: Transaction<ReservationsTables> = trx
  await insertReservationOnce(reservations, orderId, items)
  const { state, lines } = await lockReservation(reservations, orderId)
  const isBack = state === 'returned'
  const catalogue: Transaction<ProductsTables> = trx
  if (!isBack) await returnStock(catalogue, lines)
  if (!isBack || items) await setReturned(reservations, orderId, items !== undefined)
  return isBack ? [] : lines
}
