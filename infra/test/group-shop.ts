import { sql } from 'kysely'
import { parseDatabaseUrl } from '../../apps/shop/config.ts'
import type { Database, Databases } from '../../apps/shop/database.ts'
import type { RedisClient } from '../../apps/shop/redis.ts'
import { replicatedDatabases } from '../../apps/shop/replicated-databases.ts'
import type { TestGroup } from '../mysql/test-group.ts'
import { type Settings, settingsOf } from '../settings.ts'

export type AppOptions = { readonly name?: string; readonly keeperUrl?: string; readonly settings?: Partial<Settings> }

/** What one copy of the app has of a group's databases. Close it afterwards. */
export function appDatabases(group: TestGroup, state: RedisClient | undefined, options: AppOptions = {}): Promise<Databases> {
  const { name = 'app-1', keeperUrl = group.keeperUrl } = options
  const settings = { ...settingsOf({ sessions: 'memory', cache: 'none', checkout: 'transaction' }), ...options.settings }
  const [writes, ...reads] = group.names.map((member) => parseDatabaseUrl('test', `${group.urlOf(member)}?name=${member}`))
  if (!writes) throw new Error('the group has no members')
  return replicatedDatabases({ name, writes, reads, settings, failoverUrl: keeperUrl }, state)
}

/** The member of the group that answers. */
export async function answering(group: TestGroup, database: Database): Promise<string | undefined> {
  const { rows } = await sql<{ port: number }>`select @@port as port`.execute(database)
  return group.names.find((name) => Number(new URL(group.urlOf(name)).port) === Number(rows[0]?.port))
}
