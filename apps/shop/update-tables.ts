/** Before the first copy of a build is started that is deployed alone: the tables of its service, while copies of another build use them. */
import { required } from '../platform/process/environment.ts'
import { foldersIn, prepareStore, readStores } from './prepare.ts'

if (import.meta.main) {
  try {
    await updateTables(required(process.env, 'OUTGROW_SERVICE'))
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`)
    process.exitCode = 1
  }
}

async function updateTables(service: string): Promise<void> {
  const document = readStores()
  const name = Object.entries(document.data).find(([module]) => module === service)?.[1] ?? ''
  const config = document.stores[name]
  if (!config) throw new Error(`no store holds the rows of ${service}`)
  const store = await prepareStore(name, config, foldersIn(name, document))
  await store.close()
}
