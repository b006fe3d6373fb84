import { addressOf } from '../../stage/address.ts'
import type { RedisAddress } from '../../stage/app-document.ts'
import type { Plan } from '../../stage/plan.ts'
import type { RedisAddress as PlannedRedis } from '../../stage/redis-programs.ts'
import { placeOf, portOf } from './database-url.ts'
import { redisPassword, type Secrets } from './secrets.ts'

/** Every Redis that the apps of a plan use, as they find it. */
export function redisUrls(plan: Plan, secrets: Secrets): { name: string; url: string }[] {
  const found = new Map<string, string>()
  for (const program of plan.programs) {
    if (program.kind !== 'app') continue
    for (const role of ['cache', 'state', 'events'] as const) {
      const planned = program[role]
      if (planned) found.set(planned.group, redisUrl(plan, planned, redisPassword(secrets, role)))
    }
  }
  return [...found].map(([name, url]) => ({ name, url }))
}

/** How an app finds a Redis: where Sentinels watch it, by asking them; the servers of a Cluster, by asking any of them. */
export function redisAddress(plan: Plan, planned: PlannedRedis, password: string): RedisAddress {
  const { reach, names } = wayTo(planned)
  const hosts = names.map((name) => ({ name, ...placeOf(plan, name) }))
  return { name: planned.group, user: 'shop', password, hosts, reach, database: 0 }
}

function wayTo({ servers, sentinels, isCluster }: PlannedRedis): {
  reach: RedisAddress['reach']
  scheme: string
  names: readonly string[]
} {
  if (isCluster) return { reach: 'cluster', scheme: 'redis-cluster', names: servers }
  if (sentinels.length > 0) return { reach: 'sentinels', scheme: 'redis-sentinel', names: sentinels }
  return { reach: 'server', scheme: 'redis', names: servers.slice(0, 1) }
}

/** The same as one line, for tools. */
function redisUrl(plan: Plan, planned: PlannedRedis, password: string): string {
  const { scheme, names } = wayTo(planned)
  const hosts = names.map((name) => `${addressOf(plan, name)}:${portOf(plan, name)}`).join(',')
  return `${scheme}://shop:${encodeURIComponent(password)}@${hosts}/?name=${planned.group}`
}
