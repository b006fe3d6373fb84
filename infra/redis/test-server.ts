/** Real Redis servers for tests: quick, on a free port, gone at the end. */
import type { ChildProcess } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../process/free-port.ts'
import { endOwned, ownedFolder, spawnOwned } from '../process/owned-process.ts'
import { tried, until } from '../process/until.ts'
import { locateServer } from '../servers/locate-server.ts'
import type { RedisRole } from '../stage/topology.ts'
import { DEFAULT_USER_OFF, labUser, shopUser } from './acl.ts'
import { redisConfig } from './config.ts'
import { askRedis, redisCommand, writeConfig } from './server.ts'

const READY_DEADLINE_MS = 20_000
const PING_TIMEOUT_MS = 1_000
const POLL_MS = 25
const PASSWORD = 'test-password'
/** One for each test file that asks for one. */
const DATABASES = 1_000

export type TestRedis = {
  /** For the shop's user, with the rights of the role. */
  readonly url: string
  /** For a user who may do everything. */
  readonly labUrl: string
  readonly port: number
  /** Of the shell that owns the server; the server is in its process group. */
  readonly child: ChildProcess
  stop(): Promise<void>
}

export type TestRedisOptions = {
  /** Without it the shop's user may use the keys of all roles. */
  readonly role?: RedisRole
  /** Directives such as `maxmemory 2mb`; they come last and count. */
  readonly options?: readonly string[]
  /** To start one where another one was. */
  readonly port?: number
}

export async function startTestRedis({ role, options = [], ...given }: TestRedisOptions = {}): Promise<TestRedis> {
  const server = await locateServer('redis', { onProgress: console.error })
  const folder = await ownedFolder('outgrow-redis-')
  const port = given.port ?? (await freePort())
  const roles: RedisRole[] = role === undefined ? ['cache', 'state', 'events'] : [role]
  const users = [DEFAULT_USER_OFF, `${shopUser(roles, PASSWORD)} +select`, labUser(PASSWORD)]
  const config = redisConfig({ role: role ?? 'cache', port, folder: folder.path, users })
  const file = await writeConfig(join(folder.path, 'redis'), [config, `databases ${DATABASES}`, ...options, ''].join('\n'))
  const { path, args, env } = redisCommand(server, file)
  const child = spawnOwned({ path, args, env: { ...process.env, ...env } })
  const stop = async (): Promise<void> => {
    await endOwned(child)
    await folder.remove()
  }
  try {
    await untilReady(child, port)
  } catch (error) {
    await stop()
    throw error
  }
  return { url: urlFor('shop', port), labUrl: urlFor('lab', port), port, child, stop }
}

/** As where its disk is full: a save in the background fails, and from then on it takes no writes (MISCONF). */
export async function failToSave({ port }: Pick<TestRedis, 'port'>): Promise<void> {
  await askRedis(labOn(port), async (redis) => {
    const settings = (await redis.config('GET', 'dir', 'dbfilename')) as string[]
    const named = (name: string) => settings[settings.indexOf(name) + 1] ?? ''
    // What is saved would have to take the place of a folder.
    await mkdir(join(named('dir'), named('dbfilename')))
    await redis.config('SET', 'save', '3600 1')
    await redis.bgsave()
    const hasFailed = async () => (await redis.info('persistence')).includes('rdb_last_bgsave_status:err')
    await until(hasFailed, { withinMs: READY_DEADLINE_MS, everyMs: POLL_MS, complaint: 'the save did not fail' })
  })
}

/** And it takes them again, as it need not save. */
export async function needNotSave({ port }: Pick<TestRedis, 'port'>): Promise<void> {
  await askRedis(labOn(port), (redis) => redis.config('SET', 'save', ''))
}

/** An empty database of a test's own on the server of that URL; other processes may ask for theirs at the same time. */
export async function emptyDatabase(url: string): Promise<string> {
  const port = Number(new URL(url).port)
  const number = await askRedis(labOn(port), (redis) => redis.incr('test:databases'))
  if (number >= DATABASES) throw new Error(`all ${DATABASES} databases of the test Redis are taken`)
  return url.replace('/?', `/${number}?`)
}

function urlFor(user: string, port: number): string {
  return `redis://${user}:${PASSWORD}@127.0.0.1:${port}/?name=redis`
}

function labOn(port: number) {
  return { port, user: 'lab', password: PASSWORD, timeoutMs: PING_TIMEOUT_MS }
}

async function untilReady(child: ChildProcess, port: number): Promise<void> {
  const ping = () => {
    if (child.exitCode !== null) throw new Error(`the test Redis ended with status ${child.exitCode}`)
    return tried(() => askRedis(labOn(port), (redis) => redis.ping()))
  }
  await until(ping, { withinMs: READY_DEADLINE_MS, everyMs: POLL_MS, complaint: 'the test Redis did not answer' })
}
