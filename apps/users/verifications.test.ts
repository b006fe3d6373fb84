import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { type ShopDatabase, shopDatabase } from '../fixtures/shop-database.ts'
import { databaseVerificationCodes } from './database-verification-codes.ts'
import type { Mail } from './mailer.ts'
import { insertUser } from './queries.ts'
import { makeVerifications, type Verifications } from './verifications.ts'

const wrong = expect.objectContaining({ code: 'CODE_WRONG' })

let databases: ShopDatabase
let verifications: Verifications
let mails: Mail[]

beforeEach(async () => {
  databases = await shopDatabase(inject('databaseUrl'))
  const user = { id: 'usr_1', email: 'Ada@example.com', name: 'Ada', password_hash: '', created_at: new Date() }
  await insertUser(databases.writes, user)
  mails = []
  const mailer = { send: async (mail: Mail) => void mails.push(mail) }
  verifications = makeVerifications(databases, { codes: databaseVerificationCodes(databases), mailer, codeKey: 'key' })
})
afterEach(() => databases.close())

const codeIn = (mail: Mail | undefined) => /\b\d{6}\b/.exec(mail?.text ?? '')?.[0] ?? ''

test('a mailed code proves the address, and the proof is in MySQL', async () => {
  await verifications.sendCode('ada@EXAMPLE.com')
  expect(mails).toHaveLength(1)
  expect(mails[0]?.to).toBe('Ada@example.com')
  const proof = await verifications.verify('ada@example.COM', codeIn(mails[0]))
  expect(proof.email).toBe('Ada@example.com')
  expect(await databases.writes.selectFrom('verified_users').selectAll().execute()).toEqual([
    { user_id: 'usr_1', verified_at: new Date(proof.verifiedAt) },
  ])
})

test('nobody else gets mail, and nobody gets it twice in a minute', async () => {
  await verifications.sendCode('nobody@example.com')
  for (let turn = 0; turn < 3; turn++) await verifications.sendCode('ada@example.com')
  expect(mails).toHaveLength(1)
})

test('a wrong code and an unknown address are told apart by nothing', async () => {
  await verifications.sendCode('ada@example.com')
  const other = codeIn(mails[0]) === '000000' ? '000001' : '000000'
  await expect(verifications.verify('ada@example.com', other)).rejects.toEqual(wrong)
  await expect(verifications.verify('nobody@example.com', other)).rejects.toEqual(wrong)
})

test('what is stored is no code', async () => {
  await verifications.sendCode('ada@example.com')
  const [row] = await databases.writes.selectFrom('verification_codes').selectAll().execute()
  expect(row?.digest).toHaveLength(32)
  expect(JSON.stringify(row)).not.toContain(codeIn(mails[0]))
})
