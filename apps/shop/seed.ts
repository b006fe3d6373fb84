/** The demo data: the same in every stage, however the modules' stores are laid out. */
import { createHash } from 'node:crypto'
import type { Database } from '../platform/mysql/database.ts'
import type { Store } from '../platform/mysql/store.ts'
import { bucketNames } from '../platform/process/buckets.ts'
import { seedProducts } from '../products/seed.ts'
import { demoUserRows, seedUsers } from '../users/seed.ts'
import { insertSeed, selectSeed } from './queries.ts'
import type { Tables } from './tables.ts'

export type Seed = { readonly products: number; readonly users: number; readonly checksum: string }

type DemoUsers = Awaited<ReturnType<typeof seedUsers>>

/** In one transaction, so that a start that is cut off leaves nothing half done. */
export async function seedAll(db: Database<Tables>): Promise<Seed> {
  const products = await seedProducts(db)
  const users = await seedUsers(db, await demoUserRows())
  return noteSeed(db, products, users)
}

/**
 * Each place in a transaction of its own, and the products last: what was cut off before them goes on with the places that have no users
 * yet. What is kept beside the products is about all.
 */
export async function seedApart({ users, products }: { users: Store<Tables>; products: Store<Tables> }): Promise<Seed> {
  const catalogue = products.whole().writes
  const known = await selectSeed(catalogue)
  if (known && users !== products) await requirePeople(users)
  if (known) return known
  if (users === products) return catalogue.transaction().execute(seedAll)
  const people = await seedPeople(users)
  return catalogue.transaction().execute((trx) => seedCatalogue(trx, people))
}

/** They were seeded before the products. */
async function requirePeople(store: Store<Tables>): Promise<void> {
  const [bucket = ''] = bucketNames()
  if (!(await selectSeed(store.of(bucket).writes)))
    throw new Error('the customers of these products are on other servers: start with the settings of before, or with --fresh')
}

async function seedCatalogue(db: Database<Tables>, users: DemoUsers): Promise<Seed> {
  return noteSeed(db, await seedProducts(db), users)
}

async function seedPeople(store: Store<Tables>): Promise<DemoUsers> {
  const rows = await demoUserRows()
  const places = new Set(bucketNames().map((bucket) => store.of(bucket)))
  const users: DemoUsers = []
  for (const place of places) {
    const own = rows.filter(({ email }) => store.of(email) === place)
    users.push(...(await place.writes.transaction().execute((trx) => seedPlace(trx, own))))
  }
  return users.sort((one, other) => (one.id < other.id ? -1 : 1))
}

async function seedPlace(db: Database<Tables>, rows: Awaited<ReturnType<typeof demoUserRows>>): Promise<DemoUsers> {
  const isSeeded = (await selectSeed(db)) !== undefined
  const users = await seedUsers(db, isSeeded ? [] : rows)
  if (!isSeeded) await noteSeed(db, [], users)
  return users
}

/** With a SHA-256 of all rows, read back from the database. */
async function noteSeed(db: Database<Tables>, products: readonly unknown[], users: readonly unknown[]): Promise<Seed> {
  const checksum = createHash('sha256')
    .update(JSON.stringify([products, users]))
    .digest('hex')
  const seed = { products: products.length, users: users.length, checksum }
  await insertSeed(db, { ...seed, seeded_at: new Date() })
  return seed
}
