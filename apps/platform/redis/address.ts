import type { RedisAddress } from '../../../infra/stage/app-document.ts'

const URL_PATTERN = /^(redis|redis-sentinel|redis-cluster):\/\/([^:@/]+):([^:@/]*)@([^@/?]+)\/(\d{0,5})(?:\?name=([a-z0-9-]+))?$/
const HOST_PATTERN = /^([a-z0-9.-]+|\[[0-9a-f:.]+\]):(\d{1,5})$/i

const REACHES: Readonly<Record<string, RedisAddress['reach']>> = {
  redis: 'server',
  'redis-sentinel': 'sentinels',
  'redis-cluster': 'cluster',
}

/**
 * `redis://user:password@host:port/?name=cache`, or with the Sentinels or the nodes of a Cluster
 * `redis-sentinel://user:password@host:port,host:port,host:port/?name=state`
 */
export function parseRedisUrl(variable: string, text: string): RedisAddress {
  const [, scheme = '', user = '', password = '', hosts = '', database, name = 'redis'] = URL_PATTERN.exec(text) ?? []
  const reach = REACHES[scheme]
  const parsed = hosts.split(',').map(parseHost)
  if (!reach || parsed.includes(undefined) || (reach === 'server' && parsed.length > 1)) {
    throw new Error(`${variable} must look like redis://user:password@127.0.0.1:6379/?name=cache, not "${text}"`)
  }
  return {
    name,
    user: decodeURIComponent(user),
    password: decodeURIComponent(password),
    hosts: parsed.filter((host) => host !== undefined),
    reach,
    database: Number(database),
  }
}

function parseHost(text: string): { host: string; port: number } | undefined {
  const [, host = '', port] = HOST_PATTERN.exec(text) ?? []
  if (!host || Number(port) < 1 || Number(port) > 65_535) return undefined
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}
