import type { RedisAddress } from '../../stage/app-document.ts'
import type { Plan, RedisAddress as PlannedRedis } from '../../stage/plan.ts'
import { portOf } from './database-url.ts'
import type { Secrets } from './secrets.ts'

/** Every Redis that the apps of a plan use, as they find it. */
export function redisUrls(plan: Plan, { cachePassword, statePassword }: Secrets): { name: string; url: string }[] {
  const found = new Map<string, string>()
  for (const program of plan.programs) {
    if (program.kind !== 'app') continue
    if (program.cache) found.set(program.cache.group, redisUrl(plan, program.cache, cachePassword))
    if (program.state) found.set(program.state.group, redisUrl(plan, program.state, statePassword))
  }
  return [...found].map(([name, url]) => ({ name, url }))
}

/** How an app finds a Redis: where Sentinels watch it, by asking them. */
export function redisAddress(plan: Plan, { group, servers, sentinels }: PlannedRedis, password: string): RedisAddress {
  const viaSentinels = sentinels.length > 0
  const names = viaSentinels ? sentinels : servers.slice(0, 1)
  const hosts = names.map((name) => ({ host: '127.0.0.1', port: portOf(plan, name) }))
  return { name: group, user: 'shop', password, hosts, viaSentinels, database: 0 }
}

/** The same as one line, for tools. */
function redisUrl(plan: Plan, { group, servers, sentinels }: PlannedRedis, password: string): string {
  const [scheme, names] = sentinels.length > 0 ? ['redis-sentinel', sentinels] : ['redis', servers.slice(0, 1)]
  const hosts = names.map((name) => `127.0.0.1:${portOf(plan, name)}`).join(',')
  return `${scheme}://shop:${encodeURIComponent(password)}@${hosts}/?name=${group}`
}
