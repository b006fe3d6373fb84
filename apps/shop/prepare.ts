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
import { changeTables } from './table-changes.ts'
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
    console.log(JSON.stringify(await prepareStores(readStores())))
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`)
    process.exitCode = 1
  }
}

/** Of the variable OUTGROW_STORES. */
export function readStores(text = required(process.env, VARIABLE)): StoresDocument {
  const document: unknown = JSON.parse(text)
  const [wrong] = Value.Errors(StoresDocument, document)
  if (wrong) throw new Error(`${VARIABLE}: ${wrong.instancePath} ${wrong.message}`)
  return document as StoresDocument
}

export async function prepareStores({ stores, data, besides = {} }: StoresDocument): Promise<Seed> {
  const opened = new Map<string, Store<Tables>>()
  try {
    for (const [name, config] of Object.entries(stores))
      opened.set(name, await prepareStore(name, config, foldersIn(name, { data, besides })))
    const of = (module: Module) => opened.get(data[module]) ?? noStore(module)
    return await seedApart({ users: of('users'), products: of('products') })
  } finally {
    await Promise.all([...opened.values()].map((store) => store.close()))
  }
}

function noStore(module: Module): never {
  throw new Error(`${VARIABLE}: /data/${module} names no store`)
}

/** Its tables, as this build wants them. */
export async function prepareStore(
  name: string,
  { servers, keeperUrl, buckets }: StoreConfig,
  folders: readonly string[],
): Promise<Store<Tables>> {
  if (buckets) {
    // No shopper waits for it: a server that is out of breath may take its time.
    const options = { keeperUrl, givesUpSilent: false }
    await refuseChanges(name, folders)
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

/** Those whose tables are in the store of this name. */
export function foldersIn(name: string, { data, besides = {} }: Pick<StoresDocument, 'data' | 'besides'>): string[] {
  return [...foldersOf(ALL_MODULES.filter((module) => data[module] === name)), ...besidesIn(besides[name])]
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

/** Those of `platform/events`, for example; and what has to be changed of those that were there. */
export async function createTablesOf(db: Database, folders: readonly string[]): Promise<void> {
  for (const statement of await statementsOf(folders)) await runStatement(db, statement)
  await changeTables(db, await changesOf(folders))
}

/** A bucket may be on its way to another server, where its tables would be made anew without the change. */
async function refuseChanges(name: string, folders: readonly string[]): Promise<void> {
  if ((await changesOf(folders)).length > 0)
    throw new Error(`the tables of ${name} are in buckets, which no changes.sql can change`)
}

/** Of the tables of these folders: the modules', and that which says that the demo data are there. */
async function statementsOf(folders: readonly string[]): Promise<string[]> {
  const texts = folders.map((folder) => readFile(new URL(`../${folder}/schema.sql`, import.meta.url), 'utf8'))
  return (await Promise.all(texts)).flatMap(statementsIn)
}

/** Most have none. */
async function changesOf(folders: readonly string[]): Promise<string[]> {
  const texts = folders.map((folder) => readIfThere(new URL(`../${folder}/changes.sql`, import.meta.url)))
  return (await Promise.all(texts)).flatMap(statementsIn)
}

function statementsIn(text: string): string[] {
  return text.split(/;\s*$/m).filter((statement) => statement.trim() !== '')
}

function readIfThere(file: URL): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
}
