import { expect, test } from 'vitest'
import { countGtids, gtidText, parseGtidSet, subtractGtids } from './gtid-set.ts'

const A = '11111111-1111-1111-1111-111111111111'
const B = '22222222-2222-2222-2222-222222222222'

test('a set is read with line breaks, single numbers and tags, and counted', () => {
  const set = parseGtidSet(`${A}:1-5:8,\n${B}:3:blue:1-2`)
  expect(gtidText(set)).toBe(`${A}:1-5:8,${B}:3,${B}:blue:1-2`)
  expect(countGtids(set)).toBe(9)
  expect(countGtids(parseGtidSet(''))).toBe(0)
})

test('what one has and the other has not', () => {
  const minus = (one: string, other: string) => gtidText(subtractGtids(parseGtidSet(one), parseGtidSet(other)))
  expect(minus(`${A}:1-10`, `${A}:1-7`)).toBe(`${A}:8-10`)
  expect(minus(`${A}:1-10`, `${A}:3-4:6`)).toBe(`${A}:1-2:5:7-10`)
  expect(minus(`${A}:1-10,${B}:1`, `${A}:1-20,${B}:1`)).toBe('')
  expect(minus(`${A}:1-3,${B}:1-2`, `${A}:1-3`)).toBe(`${B}:1-2`)
  expect(minus(`${A}:5`, '')).toBe(`${A}:5`)
})
