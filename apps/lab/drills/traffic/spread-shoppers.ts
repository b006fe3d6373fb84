import { bucketNames, bucketOfEmail } from '../../../platform/process/buckets.ts'

/** Those that log in as guests are left to them. */
const [FIRST, LAST] = [401, 1_000]

/** Addresses of demo shoppers, of each bucket as many as of any other: one of each, in the order of the buckets, then the next of each. */
export function spreadShoppers(count: number): string[] {
  const found = Map.groupBy(emails(), bucketOfEmail)
  const byBucket = bucketNames().map((bucket) => found.get(bucket) ?? [])
  const rounds = Math.max(...byBucket.map(({ length }) => length))
  const spread = Array.from({ length: rounds }, (_, round) => byBucket.flatMap((own) => own[round] ?? []))
  return spread.flat().slice(0, count)
}

function emails(): string[] {
  return Array.from({ length: LAST - FIRST + 1 }, (_, index) => `shopper-${String(FIRST + index).padStart(4, '0')}@example.com`)
}
