import { expect, test } from 'vitest'
import { BUCKETS } from '../../../infra/stage/topology.ts'
import { bucketOfEmail, bucketOfId, bucketOfUser } from './buckets.ts'
import { newId } from './ids.ts'

test('an address has one bucket, however it is written', () => {
  expect(bucketOfEmail('Shopper-0001@Example.com')).toBe(bucketOfEmail('shopper-0001@example.com'))
})

test('addresses spread over all buckets evenly', () => {
  const counts = new Map<string, number>()
  const people = 64_000
  for (let number = 0; number < people; number++) {
    const bucket = bucketOfEmail(`person-${number}@example.com`)
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
  }
  expect(counts.size).toBe(BUCKETS)
  // 1,000 each: five standard deviations to either side.
  expect(Math.max(...counts.values())).toBeLessThan(1_160)
  expect(Math.min(...counts.values())).toBeGreaterThan(840)
})

test('an id carries its bucket, and still sorts by time', () => {
  const earlier = newId('ord', '63')
  expect(bucketOfId(earlier)).toBe('63')
  expect(bucketOfUser(newId('usr', '07'))).toBe('07')
})

test.each(['usr_x', 'usr_64', 'usr_99', ''])('%j carries none', (id) => {
  expect(bucketOfId(id)).toBeUndefined()
  expect(() => bucketOfUser(id)).toThrow('carries no bucket')
})
