import { expect, test, vi } from 'vitest'
import { hashPassword, verifyPassword } from './passwords.ts'

const seen = vi.hoisted(() => ({ running: 0, most: 0 }))
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>()
  const argon2: typeof crypto.argon2 = (algorithm, parameters, done) => {
    seen.most = Math.max(seen.most, ++seen.running)
    crypto.argon2(algorithm, parameters, (error, tag) => {
      seen.running -= 1
      done(error, tag)
    })
  }
  return { ...crypto, argon2 }
})

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

/** Each takes 19 MiB: it is this that bounds an app's memory when many log in. */
test('however many log in and register, two passwords are checked at once and one new one is hashed', async () => {
  const hash = await hashPassword('correct horse')
  const most = async (work: () => Promise<unknown>) => {
    seen.most = 0
    await Promise.all(Array.from({ length: 4 }, work))
    return seen.most
  }
  expect(await most(() => verifyPassword('correct horse', hash))).toBe(2)
  expect(await most(() => hashPassword('correct horse'))).toBe(1)
  expect(await most(() => Promise.all([verifyPassword('correct horse', hash), hashPassword('correct horse')]))).toBe(3)
})
