import { createHmac, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { writeAtomically } from '../../process/atomic-file.ts'
import { StartError } from '../../process/start-error.ts'

/** What the data folders know too. */
const KEPT = [
  /** Of which the passwords of databases are made. */
  'databasesKey',
  /** Of the account that copies data from one database server to another and says who is primary. */
  'replicationPassword',
  /** Of which the passwords of services are made, on each Redis another one. */
  'redisKey',
  'redisReplicationPassword',
  'sentinelPassword',
  /** Of the Redis user with which drills and tools may do everything. */
  'labPassword',
  /** From which the nodes of a Redis Cluster have their ids, so that none of another's is taken for one of theirs. */
  'clusterSeed',
  /** The apps make verification codes unreadable with it; no store knows it. */
  'codeKey',
] as const

export type Secrets = Readonly<Record<(typeof KEPT)[number], string>> & {
  /** Between the load balancer and the apps; made anew at every start, so it is in no file of ours. */
  readonly proxyKey: string
  /** Of which the secrets of the arrows between services are made; as short-lived. */
  readonly arrowsKey: string
}

/** What of a key accounts and their passwords are made of: the data folders know them. */
const VERSION = 2

/** MySQL's replication takes no password of more than 32 characters; these have 144 bits. */
const PASSWORD_CHARS = 24

/** The stage's passwords: each is derived by its name from one key, which is made at the first start. `discard` says how its data are thrown away. */
export function secretsIn(file: string, discard = 'with --fresh'): Secrets {
  const key = keyIn(file, discard)
  const kept = Object.fromEntries(KEPT.map((name) => [name, passwordOf(key, name)])) as Record<(typeof KEPT)[number], string>
  return { ...kept, proxyKey: newKey(), arrowsKey: newKey() }
}

/** Of the shop, in the databases of this store: who has an arrow to it is told, and can enter no other. */
export function databasePassword({ databasesKey }: Pick<Secrets, 'databasesKey'>, store: string): string {
  return passwordOf(databasesKey, store)
}

/** Of a service, in the servers and Sentinels of this Redis. */
export function redisPassword({ redisKey }: Pick<Secrets, 'redisKey'>, group: string, service: string): string {
  return passwordOf(redisKey, `${service} → ${group}`)
}

/** By which a service knows one of those that may ask it, and nobody else does. */
export function arrowSecret({ arrowsKey }: Pick<Secrets, 'arrowsKey'>, from: string, to: string): string {
  return createHmac('sha256', arrowsKey).update(`${from} → ${to}`).digest('base64url')
}

/** The data folder knows passwords of this key, so a lost one is an error and never made anew behind its back. */
function keyIn(file: string, discard: string): string {
  try {
    return parseKey(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new StartError(`cannot read ${file} (${(error as Error).message}); throw the stage's data away ${discard}`)
  }
  const key = newKey()
  writeAtomically(file, JSON.stringify({ key, version: VERSION }))
  return key
}

function newKey(): string {
  return randomBytes(32).toString('base64url')
}

function passwordOf(key: string, name: string): string {
  return createHmac('sha256', key).update(name).digest('base64url').slice(0, PASSWORD_CHARS)
}

function parseKey(text: string): string {
  const { key, version } = JSON.parse(text)
  if (typeof key !== 'string' || key === '') throw new Error('it holds no key, as those of older versions')
  if (version !== VERSION) throw new Error('the data were made by another version, whose accounts had other passwords')
  return key
}
