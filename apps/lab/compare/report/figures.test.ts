import { expect, test } from 'vitest'
import { figure, orDash, percent, spreadText } from './figures.ts'

test.each([
  [0, '0'],
  [6, '6'],
  [0.314, '0.31'],
  [11.04, '11.0'],
  [99.96, '100.0'],
  [1_234.6, '1,235'],
  [Number.NaN, '–'],
  [Number.POSITIVE_INFINITY, '–'],
])('%d reads %s', (value, text) => {
  expect(figure(value)).toBe(text)
})

test('availability below 100 % is never rounded up to it', () => {
  expect(percent(0.99999)).toBe('99.99 %')
  expect(percent(1)).toBe('100 %')
  expect(percent(0.004)).toBe('0.4 %')
})

test('a single round shows no spread', () => {
  expect(spreadText({ median: 4, min: 4, max: 4 })).toBe('4')
  expect(spreadText({ median: 4, min: 3, max: 5 })).toBe('4 (3–5)')
})

test('what was not measured is a dash', () => {
  expect(orDash(null, percent)).toBe('–')
  expect(orDash(0.5, percent)).toBe('50 %')
})
