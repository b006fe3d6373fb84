import { expect, test } from 'vitest'
import { rangesOf } from './stage-buckets.ts'

test.each([
  [[], ''],
  [['07'], '07'],
  [['00', '01', '02', '15', '17', '18'], '00–02, 15, 17–18'],
])('buckets that are neighbours are drawn together', (buckets, text) => {
  expect(rangesOf(buckets)).toBe(text)
})
