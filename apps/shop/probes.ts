import type { AppDocument } from '../../infra/stage/app-document.ts'
import type { Way } from '../platform/http/health.ts'
import { probeDatabase } from '../platform/mysql/connectivity.ts'
import { probeRedis } from '../platform/redis/connectivity.ts'

const DEADLINES = { timeoutMs: 1_000 }

/** Tries the way to every server that the document names. */
export async function probeServers({ stores, cache, state }: Pick<AppDocument, 'stores' | 'cache' | 'state'>): Promise<Way[]> {
  const databases = Object.values(stores).flatMap(({ servers }) => servers)
  const redis = [cache, state].filter((address) => address !== undefined)
  return Promise.all([
    ...databases.map(async (address): Promise<Way> => {
      return { kind: 'database', name: address.name, steps: await probeDatabase(address, DEADLINES) }
    }),
    ...redis.map(async (address): Promise<Way> => {
      return { kind: 'redis', name: address.name, steps: await probeRedis(address, DEADLINES) }
    }),
  ])
}
