import type { Database } from '../platform/mysql/database.ts'
import { bucketOfEmail } from '../platform/process/buckets.ts'
import { seededRandom } from '../platform/process/random.ts'
import { hashPassword } from './passwords.ts'
import type { UsersTables } from './queries.ts'
import { insertDemoUsers, selectDemoUsers } from './queries.ts'

const SHOPPERS = 1_000
export const DEMO_PASSWORD = 'outgrow-demo-password'

const SEED = 7
const REGISTERED_AT = new Date('2026-01-01T00:00:00Z')

/** Returns the rows as the database has them. */
export async function seedUsers(db: Database<UsersTables>, rows: Awaited<ReturnType<typeof demoUserRows>>) {
  if (rows.length > 0) await insertDemoUsers(db, rows)
  return selectDemoUsers(db)
}

/** shopper-0001@example.com …, an admin, and the account with which a start places its first order. */
export async function demoUserRows() {
  // One hash for all, with a fixed salt: the password is public, and a thousand hashes would take half a minute.
  const password_hash = await hashPassword(DEMO_PASSWORD, Buffer.from('outgrow-demosalt'))
  return demoUsers().map((user) => ({ ...user, password_hash, created_at: REGISTERED_AT }))
}

export function demoUsers() {
  const random = seededRandom(SEED)
  const pick = (names: readonly string[]): string => names[Math.floor(random() * names.length)] ?? ''
  const shoppers = Array.from({ length: SHOPPERS }, (_, index) => {
    const number = String(index + 1).padStart(4, '0')
    const name = `${pick(FIRST_NAMES)} ${pick(LAST_NAMES)}`
    return { ...demoUser(`shopper_${number}`, `shopper-${number}@example.com`), name, role: 'shopper' as const }
  })
  const admin = { ...demoUser('admin', 'admin@example.com'), name: 'Admin', role: 'admin' as const }
  const probe = { ...demoUser('probe', 'probe@example.com'), name: 'First order', role: 'shopper' as const }
  return [admin, probe, ...shoppers]
}

/** Its id says who it is, and carries the bucket like any other. */
function demoUser(nickname: string, email: string) {
  return { id: `usr_${nickname}_${bucketOfEmail(email)}`, email }
}

const FIRST_NAMES = [
  'Ada',
  'Alan',
  'Barbara',
  'Edsger',
  'Frances',
  'Grace',
  'John',
  'Katherine',
  'Leslie',
  'Radia',
  'Tony',
  'Yukihiro',
]
const LAST_NAMES = [
  'Allen',
  'Dijkstra',
  'Hoare',
  'Hopper',
  'Johnson',
  'Lamport',
  'Liskov',
  'Lovelace',
  'Perlman',
  'Turing',
  'von Neumann',
]
