import { expect, test } from 'vitest'
import { decodePosition, encodePosition } from './list-cursor.ts'

const position = { value: 1999, id: 'prd_00042' }

test('comes back as it was', () => {
  expect(decodePosition(encodePosition('-price', position), '-price')).toEqual(position)
})

test.each([
  '',
  'nonsense',
  encodePosition('price', position),
  Buffer.from('-price x prd').toString('base64url'),
  Buffer.from('-price 1 a b').toString('base64url'),
])('"%s" is no cursor of this list', (cursor) => {
  expect(() => decodePosition(cursor, '-price')).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
})
