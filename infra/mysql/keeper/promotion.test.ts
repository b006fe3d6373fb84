import { expect, test } from 'vitest'
import { foremost } from './promotion.ts'

const ELIGIBLE = ['a', 'b', 'c']

function candidate(
  name: string,
  { received = 10, executed = 10, fault }: { received?: number; executed?: number; fault?: string } = {},
) {
  const position = (transactions: number) => ({ text: '', transactions })
  const copying = { sourcePort: 1, receiving: true, connected: true, applying: !fault, received: position(received) }
  const seen = {
    readOnly: true,
    executed: position(executed),
    copying: { ...copying, ...(fault ? { fault } : {}) },
    askedAt: 0,
    copyingAskedAt: 0,
  }
  return { name, received, seen }
}

test.each([
  ['the one that has received the most, carried out or not', [candidate('a'), candidate('b', { received: 12 })], 'b'],
  ['of equals one that can carry it out', [candidate('a', { fault: 'a row is missing' }), candidate('b', { executed: 3 })], 'b'],
  ['of those the one that has carried out the most', [candidate('a', { executed: 2 }), candidate('b'), candidate('c')], 'b'],
  ['of those the first in the order of the election', [candidate('c'), candidate('b')], 'b'],
  ['nobody where nobody is there', [], undefined],
])('the successor is %s', (_, candidates, expected) => {
  expect(foremost(candidates, ELIGIBLE)?.name).toBe(expected)
})
