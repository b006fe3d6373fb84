import { expect, test } from 'vitest'
import { parseHistory } from './history.ts'

test('reads the lines of a run, passing over other messages and a line cut off in the middle', () => {
  const history = parseHistory(
    [
      '{"kind":"run","run":"r","userIds":["usr_1"]}',
      'POST /orders: status 500 instead of 201',
      '{"kind":"begin","operation":"order","key":"k1","userId":"usr_1","items":[{"productId":"prd_1","quantity":3}]}',
      '{"kind":"order","id":"one","key":"k1","status":"placed","totalCents":300,"items":[]}',
      '{"kind":"begin","operation":"order","key":"k2"}',
      '{"kind":"begin","operation":"payment","key":"k1-pay","orderId":"one","card":"tok_slow"}',
      '{"kind":"refused","operation":"payment","key":"k9-pay","code":"CARD_DECLINED"}',
      '{"kind":"cancelling","orderId":"one"}',
      '{"kind":"begin","operation":"order","key":"k3"}',
      '{"kind":"refused","operation":"order","key":"k3","code":"OUT_OF_STOCK"}',
      '{"kind":"stock","productId":"prd_1","was":5,"is":100}',
      '{"kind":"stock","productId":"prd_1","was":0,"is":5}',
      '{"kind":"order","id":"tw',
    ].join('\n'),
  )
  expect([...history.userIds]).toEqual(['usr_1'])
  expect(history.orders.map(({ id }) => id)).toEqual(['one'])
  expect([...history.unknown]).toEqual(['k2'])
  expect(history.asked.get('k1')?.items).toEqual([{ productId: 'prd_1', quantity: 3 }])
  expect([...history.paymentsAsked]).toEqual([['one', ['k1-pay']]])
  expect([...history.cancelling]).toEqual(['one'])
  expect([...history.refused]).toEqual(['k9-pay', 'k3'])
  expect([...history.cards]).toEqual([['k1-pay', 'tok_slow']])
  expect([...history.declined]).toEqual(['k9-pay'])
  expect(history.stockChanges.get('prd_1')).toBe(100)
})
