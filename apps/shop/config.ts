/** The shop's configuration: read once from the environment, validated and frozen; a wrong value is named in the message. */
import { randomUUID } from 'node:crypto'
import { devNull } from 'node:os'
import { parsePair, SETTINGS, type Settings } from '../../infra/stage/settings.ts'
import { ALL_MODULES, type Module } from '../../infra/stage/topology.ts'
import { type DatabaseAddress, parseDatabaseUrl } from '../platform/mysql/address.ts'
import { type Environment, parsePort, required } from '../platform/process/environment.ts'
import { parseRedisUrl, type RedisAddress } from '../platform/redis/address.ts'

export type Config = {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly modules: readonly Module[]
  readonly writes: DatabaseAddress
  readonly reads: readonly DatabaseAddress[]
  /** Who says which database takes the writes; undefined where that never changes. */
  readonly failoverUrl: string | undefined
  /** Undefined where the stage has none. */
  readonly cache: RedisAddress | undefined
  readonly state: RedisAddress | undefined
  /** Whether another process does the work that no request waits for. */
  readonly hasWorker: boolean
  readonly bankUrl: string
  /** Set where a load balancer stands in front: what it sends with each request, so that its word about the client is taken and nobody else's. */
  readonly proxyKey: string | undefined
  /** File with the running stage's plan, answered at `GET /topology`. */
  readonly topologyFile: string
  /** Stands for a mail server: what would be mailed becomes a line of it. */
  readonly outboxFile: string
  /** With which verification codes are made unreadable; the same in all copies of the app. */
  readonly codeKey: string
  readonly settings: Settings
}

/** Throws an error of one line that names the variable and what it should hold. */
export function readConfig(environment: Environment): Config {
  const writes = parseDatabaseUrl('OUTGROW_WRITES', required(environment, 'OUTGROW_WRITES'))
  return Object.freeze({
    name: environment.OUTGROW_NAME ?? 'app-1',
    host: environment.OUTGROW_HOST ?? '127.0.0.1',
    port: parsePort(required(environment, 'OUTGROW_PORT')),
    modules: parseModules(environment.OUTGROW_MODULES ?? ALL_MODULES.join(',')),
    writes,
    reads: parseReads(environment.OUTGROW_READS) ?? [writes],
    failoverUrl: optional(environment, 'OUTGROW_FAILOVER', parseHttpUrl),
    cache: optional(environment, 'OUTGROW_CACHE', parseRedisUrl),
    state: optional(environment, 'OUTGROW_STATE', parseRedisUrl),
    hasWorker: parseYes('OUTGROW_HAS_WORKER', environment.OUTGROW_HAS_WORKER ?? 'no'),
    bankUrl: parseHttpUrl('OUTGROW_BANK', required(environment, 'OUTGROW_BANK')),
    proxyKey: environment.OUTGROW_PROXY_KEY,
    topologyFile: environment.OUTGROW_TOPOLOGY ?? '',
    outboxFile: environment.OUTGROW_OUTBOX ?? devNull,
    codeKey: environment.OUTGROW_CODE_KEY ?? randomUUID(),
    settings: parseSettings(required(environment, 'OUTGROW_SETTINGS')),
  })
}

type Parse<Value> = (variable: string, text: string) => Value

function optional<Value>(environment: Environment, variable: string, parse: Parse<Value>): Value | undefined {
  const value = environment[variable]
  return value ? parse(variable, value) : undefined
}

function parseReads(text: string | undefined): DatabaseAddress[] | undefined {
  return text ? text.split(',').map((url) => parseDatabaseUrl('OUTGROW_READS', url)) : undefined
}

function parseYes(variable: string, text: string): boolean {
  if (text !== 'yes' && text !== 'no') throw new Error(`${variable} must be yes or no, not "${text}"`)
  return text === 'yes'
}

/** `none` is what a worker has. */
function parseModules(text: string): Module[] {
  if (text === 'none') return []
  return text.split(',').map((name) => {
    const module = ALL_MODULES.find((known) => known === name)
    if (!module) throw new Error(`OUTGROW_MODULES names "${name}"; there are: ${ALL_MODULES.join(', ')}, or none`)
    return module
  })
}

function parseHttpUrl(variable: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:') throw new Error(`${variable} must look like http://127.0.0.1:4102, not "${text}"`)
  return url.origin
}

/** The whole settings object as JSON; each value is checked as if it came from `--set`. */
function parseSettings(text: string): Settings {
  const given = parseJsonObject(text)
  const missing = Object.keys(SETTINGS).filter((name) => !(name in given))
  if (missing.length > 0) throw new Error(`OUTGROW_SETTINGS leaves out ${missing.join(', ')}`)
  const pairs = Object.entries(given).map(([name, value]) => parsePair(`${name}=${value}`))
  return Object.freeze(Object.fromEntries(pairs)) as Settings
}

function parseJsonObject(text: string): Record<string, unknown> {
  try {
    return Object.fromEntries(Object.entries(JSON.parse(text)))
  } catch {
    throw new Error(`OUTGROW_SETTINGS must be a JSON object, not "${text}"`)
  }
}
