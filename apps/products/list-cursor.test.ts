import { expect, test } from 'vitest'
import { decodeCursor, encodeCursor } from './list-cursor.ts'

const position = { value: 1999, id: 'prd_00042' }

test('comes back as it was', () => {
  expect(decodeCursor(encodeCursor('-price', position), '-price')).toEqual(position)
})

test.each([
  '',
  'nonsense',
  encodeCursor('price', position),
  Buffer.from('-price x prd').toString('base64url'),
  Buffer.from('-price 1 a b').toString('base64url'),
])('"%s" is no cursor of this list', (cursor) => {
  expect(() => decodeCursor(cursor, '-price')).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
})
