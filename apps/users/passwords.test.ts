import { expect, test } from 'vitest'
import { hashPassword, verifyPassword } from './passwords.ts'

test('a hash is a PHC string with the parameters of the cheat sheet, salted', async () => {
  const [one, other] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')])
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  expect(one).not.toBe(other)
})

test('only the right password is right, to the last byte', async () => {
  const hash = await hashPassword('pässword '.repeat(20))
  expect(await verifyPassword('pässword '.repeat(20), hash)).toBe(true)
  expect(await verifyPassword(`${'pässword '.repeat(20)}x`, hash)).toBe(false)
  expect(await verifyPassword('Pässword '.repeat(20), hash)).toBe(false)
})

test('without an account every password is wrong, even the one that the stand-in hash is of', async () => {
  expect(await verifyPassword('', undefined)).toBe(false)
  expect(await verifyPassword('outgrow-demo-password', undefined)).toBe(false)
})
