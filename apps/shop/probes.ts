import type { AppDocument, DatabaseAddress } from '../../infra/stage/app-document.ts'
import type { Way } from '../platform/http/health.ts'
import { probeDatabase } from '../platform/mysql/connectivity.ts'
import type { Store } from '../platform/mysql/store.ts'
import { probeRedis } from '../platform/redis/connectivity.ts'
import type { Stores } from '../platform/stores/connect.ts'

const DEADLINES = { timeoutMs: 1_000 }

type Servers = Pick<AppDocument, 'stores' | 'cache' | 'state' | 'events'>

/** Tries the way to every server that the document names, and names the stores of which nobody is known to take the writes. */
export async function probeServers({ stores, cache, state, events }: Servers, opened: Stores): Promise<Way[]> {
  const databases = await serversOf(stores, opened)
  const redis = [cache, state, events].filter((address) => address !== undefined)
  return Promise.all([
    ...databases.map(async (address): Promise<Way> => {
      return { kind: 'database', name: address.name, steps: await probeDatabase(address, DEADLINES) }
    }),
    ...[...new Set(Object.values(opened))].filter((store) => !store.isWritable()).map(unwritable),
    ...redis.map(async (address): Promise<Way> => {
      return { kind: 'redis', name: address.name, steps: await probeRedis(address, DEADLINES) }
    }),
  ])
}

/** Of a store whose servers may have become others since, those that it has now. */
async function serversOf(stores: Servers['stores'], opened: Stores): Promise<DatabaseAddress[]> {
  const all = [...new Set(Object.values(opened))]
  const found = Object.entries(stores).map(
    ([name, { servers }]) => all.find((one) => one.name === name)?.spread?.servers() ?? servers,
  )
  return (await Promise.all(found)).flat()
}

function unwritable({ name }: Store): Way {
  return { kind: 'store', name, steps: [{ step: 'primary', ok: false, detail: 'nobody is known to take the writes', ms: 0 }] }
}
