/** What every shelf keeps, wherever it is. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { Item } from '../flash-sales/gate.ts'
import type { Stock } from './stock.ts'

/** With 50 pieces of `prd_a` at 100, 50 of `prd_b` at 250, and the last one of `prd_last` at 100. */
export type Shelf = {
  readonly stock: Stock
  stockOf(productId: string): Promise<number>
  reprice(productId: string, priceCents: number): Promise<void>
  /** More than a lease. */
  passTime(): Promise<void>
  /** So much that nothing late can come any more. */
  passHours(): Promise<void>
}

export const SHELF = { prd_a: [50, 100], prd_b: [50, 250], prd_last: [1, 100] } as const

const of = (...pairs: [string, number][]): Item[] => pairs.map(([productId, quantity]) => ({ productId, quantity }))
const MOST = 100

export function stockSuite(name: string, make: () => Promise<Shelf>): void {
  describe(name, () => {
    let shelf: Shelf
    let stock: Stock
    beforeEach(async () => {
      shelf = await make()
      stock = shelf.stock
    })
    const left = (...ids: string[]) => Promise.all(ids.map((id) => shelf.stockOf(id)))

    test('gives all pieces, and says what they cost', async () => {
      expect(await stock.take('ord_1', of(['prd_b', 2], ['prd_a', 3]))).toEqual([
        { productId: 'prd_b', name: 'Name of prd_b', quantity: 2, unitPriceCents: 250 },
        { productId: 'prd_a', name: 'Name of prd_a', quantity: 3, unitPriceCents: 100 },
      ])
      expect(await left('prd_a', 'prd_b')).toEqual([47, 48])
    })

    test('gives nothing where one piece is missing, and the same order may ask again', async () => {
      await expect(stock.take('ord_1', of(['prd_a', 5], ['prd_last', 2]))).rejects.toMatchObject({ code: 'OUT_OF_STOCK' })
      await expect(stock.take('ord_1', of(['prd_a', 5], ['prd_none', 1]))).rejects.toMatchObject({ code: 'PRODUCT_NOT_FOUND' })
      expect(await left('prd_a', 'prd_last')).toEqual([50, 1])
      await stock.take('ord_1', of(['prd_a', 5], ['prd_last', 1]))
      expect(await left('prd_a', 'prd_last')).toEqual([45, 0])
    })

    test('answers a repeat as before, even where the first took the last piece and the price has changed since', async () => {
      const first = await stock.take('ord_1', of(['prd_last', 1]))
      await shelf.reprice('prd_last', 999)
      expect(await stock.take('ord_1', of(['prd_last', 1]))).toEqual(first)
      await Promise.all(Array.from({ length: 20 }, () => stock.take('ord_2', of(['prd_a', 2]))))
      expect(await left('prd_last', 'prd_a')).toEqual([0, 48])
    })

    test('gives the last piece to one of many', async () => {
      const asked = Array.from({ length: 40 }, (_, index) => stock.take(`ord_${index}`, of(['prd_last', 1])))
      const answers = await Promise.allSettled(asked)
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const one of answers) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'OUT_OF_STOCK' })
      expect(await left('prd_last')).toEqual([0])
    })

    test('takes pieces back once', async () => {
      await stock.take('ord_1', of(['prd_b', 4], ['prd_a', 2]))
      await Promise.all(Array.from({ length: 10 }, () => stock.giveBack('ord_1')))
      expect(await left('prd_a', 'prd_b')).toEqual([50, 50])
    })

    test('gives nothing any more to an order that was given back, before or after it took', async () => {
      await stock.giveBack('ord_1')
      await stock.take('ord_2', of(['prd_a', 1]))
      await stock.giveBack('ord_2')
      for (const id of ['ord_1', 'ord_2'])
        await expect(stock.take(id, of(['prd_a', 1]))).rejects.toMatchObject({ code: 'TOO_LATE' })
      expect(await left('prd_a')).toEqual([50])
    })

    test('has all pieces after orders that took and were given back at once', async () => {
      const ids = Array.from({ length: 20 }, (_, index) => `ord_${index}`)
      await Promise.allSettled(ids.flatMap((id) => [stock.take(id, of(['prd_a', 1], ['prd_b', 1])), stock.giveBack(id)]))
      expect(await left('prd_a', 'prd_b')).toEqual([50, 50])
    })

    test('takes pieces back of an order that it was never told of, once', async () => {
      for (let turn = 0; turn < 2; turn += 1) await stock.giveBack('ord_1', of(['prd_a', 3]))
      expect(await left('prd_a')).toEqual([53])
      await stock.take('ord_2', of(['prd_a', 3]))
      await stock.giveBack('ord_2', of(['prd_a', 30]))
      expect(await left('prd_a')).toEqual([53])
    })

    test('names the orders that somebody has to look after, once their time is over and until it is known what became of them', async () => {
      for (const id of ['ord_3', 'ord_1', 'ord_2', 'ord_4']) await stock.take(id, of(['prd_a', 1]))
      await stock.keep(['ord_4', 'ord_none'])
      expect(await stock.unsettled('', MOST)).toEqual([])
      await shelf.passTime()
      expect(await stock.unsettled('', MOST)).toEqual(['ord_1', 'ord_2', 'ord_3'])
      expect([await stock.unsettled('', 2), await stock.unsettled('ord_2', 2)]).toEqual([['ord_1', 'ord_2'], ['ord_3']])
      await stock.keep(['ord_1', 'ord_2'])
      await stock.giveBack('ord_3')
      expect(await stock.unsettled('', MOST)).toEqual([])
      expect(await left('prd_a')).toEqual([47])
    })

    test('forgets what was given back long ago, and was never placed', async () => {
      for (const id of ['ord_1', 'ord_2', 'ord_3']) await stock.take(id, of(['prd_a', 1]))
      for (const id of ['ord_1', 'ord_2', 'ord_none']) await stock.giveBack(id)
      for (const id of ['ord_2', 'ord_cancelled']) await stock.giveBack(id, of(['prd_a', 1]))
      await stock.giveBack('ord_2')
      await shelf.passTime()
      await stock.forget(['ord_1', 'ord_2', 'ord_3', 'ord_none'])
      expect(await stock.outlived('', MOST)).toEqual([])
      await expect(stock.take('ord_1', of(['prd_a', 1]))).rejects.toMatchObject({ code: 'TOO_LATE' })
      await shelf.passHours()
      expect(await stock.outlived('', MOST)).toEqual(['ord_1', 'ord_none'])
      expect([await stock.outlived('', 1), await stock.outlived('ord_1', MOST)]).toEqual([['ord_1'], ['ord_none']])
      await stock.forget(['ord_1', 'ord_2', 'ord_3', 'ord_cancelled'])
      expect(await stock.outlived('', MOST)).toEqual(['ord_none'])
      // Only the one that is forgotten takes again.
      await stock.take('ord_1', of(['prd_a', 1]))
      for (const id of ['ord_2', 'ord_cancelled'])
        await expect(stock.take(id, of(['prd_a', 1]))).rejects.toMatchObject({ code: 'TOO_LATE' })
      expect(await stock.unsettled('', MOST)).toEqual(['ord_3'])
    })

    test('takes back what was kept, and keeps nothing that was given back', async () => {
      await stock.take('ord_1', of(['prd_a', 1]))
      await stock.keep(['ord_1'])
      await stock.giveBack('ord_1')
      await stock.keep(['ord_1'])
      await stock.giveBack('ord_1')
      expect(await left('prd_a')).toEqual([50])
      await expect(stock.take('ord_1', of(['prd_a', 1]))).rejects.toMatchObject({ code: 'TOO_LATE' })
    })
  })
}
