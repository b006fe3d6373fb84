import { expect, test } from 'vitest'
import { requireService, scaleRequest } from './request.ts'

test('a service and its copies', () => {
  expect(scaleRequest(['6', 'products=3'])).toEqual({ stage: '6', service: 'products', copies: 3 })
})

test.each([
  [['6'], 'scale takes a stage and one service with its copies; usage: npm run scale -- STAGE SERVICE=N'],
  [['6', 'products=3', 'orders=3'], 'one service with its copies'],
  [['6', 'products'], 'scale is for services: users, products, orders, payments; "products" is none'],
  [['6', 'sessions=redis'], '"sessions=redis" is none'],
  [['6', 'gateway=4'], 'the edge is told of its gateways at its start (--set gateway=4)'],
  [['6', 'products=0'], '"0" is no value for the setting products: it takes a whole number from 1 to 8'],
  [['6', 'products=1e1'], '"1e1" is no value'],
])('%j is refused in one line', (args, complaint) => {
  expect(() => scaleRequest(args)).toThrow(complaint)
})

test('a stage without the service is named', () => {
  expect(() => requireService({ name: '3-load-balanced', programs: [] }, 'products')).toThrow(
    'stage 3-load-balanced has no service called products',
  )
})
