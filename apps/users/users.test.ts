import { beforeAll, expect, inject, test } from 'vitest'
import { demoDatabase, type ShopDatabase } from '../fixtures/shop-database.ts'
import { beforeDeadline } from '../platform/http/deadline.ts'
import { memoryFailureLimiter } from '../platform/limits/limits.ts'
import { parseDatabaseUrl } from '../platform/mysql/address.ts'
import { connectDatabase, type Databases } from '../platform/mysql/database.ts'
import { undividedStore } from '../platform/mysql/store.ts'
import { memorySessions } from './memory-sessions.ts'
import { DEMO_PASSWORD } from './seed.ts'
import { makeUsers, type Users } from './users.ts'

const address = '127.0.0.1'
const shopper = { email: 'shopper-0001@example.com', password: DEMO_PASSWORD, address }
const refusal = (code: string) => expect.objectContaining({ code })
let databases: ShopDatabase

beforeAll(async () => {
  databases = await demoDatabase(inject('databaseUrl'))
  return databases.close
})

function users(of: Databases = databases): Users {
  return makeUsers(undividedStore('db', of), {
    sessions: memorySessions(),
    failuresOfPair: memoryFailureLimiter({ name: 'failed-log-ins', most: 3, windowMs: 60_000 }),
  })
}

test('who registers can log in, with the address in any case, and is known by the token until it is ended', async () => {
  const shop = users()
  const user = await shop.register({ email: 'Ada.New@example.com', password: 'long enough', name: 'Ada' })
  const { token } = await shop.logIn({ email: 'ada.new@EXAMPLE.com', password: 'long enough', address })
  expect(await shop.findBySession(token)).toEqual(user)
  await shop.logOut(token)
  expect(await shop.findBySession(token)).toBeUndefined()
})

test('whoever logs in anew stays so, though an app that was stopped meanwhile has a log-out everywhere left to do', async () => {
  const shop = users()
  const { user, token } = await shop.logIn(shopper)
  const late = beforeDeadline(performance.now(), () => shop.logOutEverywhere(user.id))
  await expect(late).rejects.toEqual(refusal('TOO_LATE'))
  expect(await shop.findBySession(token)).toEqual(user)
  await shop.logOutEverywhere(user.id)
  expect(await shop.findBySession(token)).toBeUndefined()
})

test('one mailbox has one account', async () => {
  const again = { email: 'SHOPPER-0001@example.com', password: 'long enough', name: 'x' }
  await expect(users().register(again)).rejects.toEqual(refusal('EMAIL_TAKEN'))
})

test('a wrong password and an unknown account are told apart by nothing', async () => {
  const shop = users()
  await expect(shop.logIn({ ...shopper, password: 'wrong' })).rejects.toEqual(refusal('BAD_CREDENTIALS'))
  await expect(shop.logIn({ ...shopper, email: 'nobody@example.com' })).rejects.toEqual(refusal('BAD_CREDENTIALS'))
})

test('many right log-ins at once are all let in', async () => {
  const shop = users()
  const all = await Promise.all(Array.from({ length: 12 }, () => shop.logIn(shopper)))
  expect(new Set(all.map(({ token }) => token)).size).toBe(12)
})

test('a database that is down is nobody’s failed log-in', async () => {
  const down = connectDatabase({ ...parseDatabaseUrl('test', inject('databaseUrl')), port: 1 })
  const shop = users({ ...databases, writes: down })
  // More often than failures are allowed: each time it is the database that is named, and never the limit.
  for (let turn = 0; turn < 5; turn++) await expect(shop.logIn(shopper)).rejects.toEqual(refusal('ECONNREFUSED'))
  await down.destroy()
})

test('too many failures close the pair of account and address, and no other', async () => {
  const shop = users()
  for (let turn = 0; turn < 3; turn++) await expect(shop.logIn({ ...shopper, password: 'wrong' })).rejects.toThrow()
  await expect(shop.logIn(shopper)).rejects.toEqual(refusal('TOO_MANY_REQUESTS'))
  expect((await shop.logIn({ ...shopper, address: '127.0.0.2' })).user.email).toBe(shopper.email)
})
