import type { Redis } from 'ioredis'
import type { Config } from '../../shop/config.ts'
import { connectDatabase, type Databases, oneDatabase } from './database.ts'
import { replicatedDatabases } from './replicated.ts'

/** One database, or several where a keeper says who is who. `state` is the Redis in which the apps tell each other what was written. */
export async function connectDatabases(config: Config, state: Redis | undefined): Promise<Databases> {
  const { writes, settings, failoverUrl } = config
  if (failoverUrl === undefined) return oneDatabase(connectDatabase(writes, settings.queryDelayMs))
  return replicatedDatabases({ ...config, failoverUrl }, state)
}
