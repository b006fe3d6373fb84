/** Makes the stores ready for the shop: each module's tables where its rows are, then the demo data, once. Prints `{products, users, checksum}`. */
import { readFile } from 'node:fs/promises'
import { Value } from 'typebox/value'
import { type StoreConfig, StoresDocument } from '../../infra/stage/app-document.ts'
import type { Module } from '../../infra/stage/topology.ts'
import { ALL_MODULES } from '../../infra/stage/topology.ts'
import { connectDatabase, type Database, oneDatabase } from '../platform/mysql/database.ts'
import { primaryBy } from '../platform/mysql/roles.ts'
import { type Store, undividedStore } from '../platform/mysql/store.ts'
import { required } from '../platform/process/environment.ts'
import { bucketedStore } from '../platform/stores/bucketed-store.ts'
import { makeBuckets } from '../platform/stores/make-buckets.ts'
import { runStatement, selectSeed } from './queries.ts'
import { type Seed, seedAll, seedApart } from './seed.ts'
import type { Tables } from './tables.ts'

const VARIABLE = 'OUTGROW_STORES'

/** Who does a service's work: of buckets a worker does it. */
const WORK = 'shop/shared-work'

const BESIDES = {
  outbox: ['platform/leases', 'platform/events'],
  consumers: ['platform/leases', 'platform/inbox', 'consumers'],
} as const

if (import.meta.main) {
  try {
    console.log(JSON.stringify(await prepareStores(readDocument(required(process.env, VARIABLE)))))
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`)
    process.exitCode = 1
  }
}

function readDocument(text: string): StoresDocument {
  const document: unknown = JSON.parse(text)
  const [wrong] = Value.Errors(StoresDocument, document)
  if (wrong) throw new Error(`${VARIABLE}: ${wrong.instancePath} ${wrong.message}`)
  return document as StoresDocument
}

export async function prepareStores({ stores, data, besides = {} }: StoresDocument): Promise<Seed> {
  const opened = new Map<string, Store<Tables>>()
  try {
    for (const [name, config] of Object.entries(stores)) {
      const modules = ALL_MODULES.filter((module) => data[module] === name)
      opened.set(name, await prepareStore(name, config, [...foldersOf(modules), ...besidesIn(besides[name])]))
    }
    const of = (module: Module) => opened.get(data[module]) ?? noStore(module)
    return await seedApart({ users: of('users'), products: of('products') })
  } finally {
    await Promise.all([...opened.values()].map((store) => store.close()))
  }
}

function noStore(module: Module): never {
  throw new Error(`${VARIABLE}: /data/${module} names no store`)
}

async function prepareStore(
  name: string,
  { servers, keeperUrl, buckets }: StoreConfig,
  folders: readonly string[],
): Promise<Store<Tables>> {
  if (buckets) {
    // No shopper waits for it: a server that is out of breath may take its time.
    const options = { keeperUrl, givesUpSilent: false }
    await makeBuckets(servers, await statementsOf(folders.filter((folder) => folder !== WORK)), options)
    return bucketedStore(name, servers, options)
  }
  const primary = keeperUrl === undefined ? servers[0]?.name : await primaryBy(keeperUrl)
  const server = servers.find((one) => one.name === primary)
  if (!server) throw new Error(`the store ${name} has no server ${primary ?? ''}`)
  const database = connectDatabase<Tables>(server)
  await createTablesOf(database, folders)
  return undividedStore(name, oneDatabase(database))
}

/** One database for all modules. */
export async function prepareDatabase(db: Database<Tables>): Promise<Seed> {
  await createTables(db)
  return (await selectSeed(db)) ?? (await db.transaction().execute(seedAll))
}

export async function createTables(db: Database, modules: readonly Module[] = ALL_MODULES): Promise<void> {
  await createTablesOf(db, foldersOf(modules))
}

function foldersOf(modules: readonly Module[]): string[] {
  return modules.length === 0 ? [] : ['shop', WORK, ...modules]
}

function besidesIn(what: keyof typeof BESIDES | undefined): readonly string[] {
  return what ? BESIDES[what] : []
}

/** Those of `platform/events`, for example. */
export async function createTablesOf(db: Database, folders: readonly string[]): Promise<void> {
  for (const statement of await statementsOf(folders)) await runStatement(db, statement)
}

/** Of the tables of these folders: the modules', and that which says that the demo data are there. */
async function statementsOf(folders: readonly string[]): Promise<string[]> {
  const texts = folders.map((folder) => readFile(new URL(`../${folder}/schema.sql`, import.meta.url), 'utf8'))
  const statements = (await Promise.all(texts)).flatMap((text) => text.split(/;\s*$/m))
  return statements.filter((statement) => statement.trim() !== '')
}
