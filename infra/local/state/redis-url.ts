import type { RedisAddress } from '../../stage/app-document.ts'
import type { Plan } from '../../stage/plan.ts'
import type { RedisAddress as PlannedRedis } from '../../stage/redis-programs.ts'
import { placeOf } from './database-url.ts'
import { redisPassword, type Secrets } from './secrets.ts'

/** Every Redis that the apps of a plan use, as the first of them finds it. */
export function redisUrls(plan: Plan, secrets: Secrets): { name: string; url: string }[] {
  const found = new Map<string, string>()
  for (const program of plan.programs) {
    if (program.kind !== 'app') continue
    for (const role of ['cache', 'state', 'events'] as const) {
      const planned = program[role]
      if (planned && !found.has(planned.group)) found.set(planned.group, redisUrl(redisAddress(plan, planned, program, secrets)))
    }
  }
  return [...found].map(([name, url]) => ({ name, url }))
}

type Client = { readonly service: string }

/** How a service finds a Redis: where Sentinels watch it, by asking them; the servers of a Cluster, by asking any of them. */
export function redisAddress(plan: Plan, planned: PlannedRedis, { service: user }: Client, secrets: Secrets): RedisAddress {
  const { reach, names } = wayTo(planned)
  const password = redisPassword(secrets, planned.group, user)
  const hosts = names.map((name) => ({ name, ...placeOf(plan, name) }))
  return { name: planned.group, user, password, hosts, reach, database: 0 }
}

function wayTo({ servers, sentinels, isCluster }: PlannedRedis): {
  reach: RedisAddress['reach']
  names: readonly string[]
} {
  if (isCluster) return { reach: 'cluster', names: servers }
  if (sentinels.length > 0) return { reach: 'sentinels', names: sentinels }
  return { reach: 'server', names: servers.slice(0, 1) }
}

const SCHEMES = { server: 'redis', sentinels: 'redis-sentinel', cluster: 'redis-cluster' } as const

/** The same as one line, for tools. */
function redisUrl({ name, user, password, hosts, reach }: RedisAddress): string {
  const places = hosts.map(({ host, port }) => `${host}:${port}`).join(',')
  return `${SCHEMES[reach]}://${user}:${encodeURIComponent(password)}@${places}/?name=${name}`
}
