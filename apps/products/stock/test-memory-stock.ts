/** A shelf in memory that keeps what the suite asks of one: for tests that turn the clock and the order of all that happens. */
import { REQUEST_LASTS_MS } from '../../platform/http/deadline.ts'
import { ShopError } from '../../platform/http/errors.ts'
import type { Item } from '../flash-sales/gate.ts'
import type { Line, Stock } from './stock.ts'

type Product = { stock: number; priceCents: number }
type Reservation = { state: 'held' | 'kept' | 'returned'; expiresAt: number; lines: readonly Line[] }

export type MemoryStock = Stock & {
  readonly shelf: ReadonlyMap<string, Product>
  readonly reservations: ReadonlyMap<string, Reservation>
}

export type MemoryStockOptions = {
  readonly now: () => number
  readonly expiryMs?: number
  /** How long it is known what was given back of an order that was never placed. */
  readonly rememberedMs?: number
  /** A mistake: what was given back leaves no trace. */
  readonly forgets?: boolean
}

const REMEMBERED_MS = 3_600_000

export function memoryStock(products: Readonly<Record<string, Product>>, options: MemoryStockOptions): MemoryStock {
  const { now, expiryMs = REQUEST_LASTS_MS, rememberedMs = REMEMBERED_MS, forgets = false } = options
  const shelf = new Map(Object.entries(products).map(([id, product]) => [id, { ...product }]))
  const reservations = new Map<string, Reservation>()
  const add = (items: readonly Item[], sign: 1 | -1): void => {
    for (const { productId, quantity } of items) {
      const product = shelf.get(productId)
      if (product) product.stock += sign * quantity
    }
  }
  const expired = (wanted: Reservation['state'], after: string): string[] => {
    const due = [...reservations].filter(([id, { state, expiresAt }]) => state === wanted && expiresAt <= now() && id > after)
    return due.map(([id]) => id).sort()
  }
  return {
    shelf,
    reservations,
    async take(orderId, items) {
      const before = reservations.get(orderId)
      if (before?.state === 'returned') throw new ShopError('TOO_LATE')
      if (before) return before.lines
      const lines = items.map((item) => lineOf(shelf, item))
      add(lines, -1)
      reservations.set(orderId, { state: 'held', expiresAt: now() + expiryMs, lines })
      return lines
    },
    async giveBack(orderId, items) {
      const { state, lines } = reservations.get(orderId) ?? { state: 'held', lines: items ?? [] }
      if (state !== 'returned') add(lines, 1)
      if (forgets) return void reservations.delete(orderId)
      const expiresAt = items ? Number.POSITIVE_INFINITY : now() + rememberedMs
      if (state !== 'returned' || items) reservations.set(orderId, { state: 'returned', expiresAt, lines: [] })
    },
    async keep(orderIds) {
      for (const reservation of orderIds.map((id) => reservations.get(id)))
        if (reservation?.state === 'held') Object.assign(reservation, { state: 'kept', expiresAt: Number.POSITIVE_INFINITY })
    },
    unsettled: async (after, most) => expired('held', after).slice(0, most),
    outlived: async (after, most) => expired('returned', after).slice(0, most),
    async forget(orderIds) {
      const outlived = new Set(expired('returned', ''))
      for (const id of orderIds) if (outlived.has(id)) reservations.delete(id)
    },
  }
}

function lineOf(shelf: ReadonlyMap<string, Product>, { productId, quantity }: Item): Line {
  const product = shelf.get(productId)
  if (!product) throw new ShopError('PRODUCT_NOT_FOUND')
  if (product.stock < quantity) throw new ShopError('OUT_OF_STOCK')
  return { productId, name: `Name of ${productId}`, quantity, unitPriceCents: product.priceCents }
}
