/** A Redis as most texts have it: nobody logs in, and it is set up with what a demonstration is about and nothing else. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort } from '../../process/free-port.ts'
import { endOwned, ownedFolder, spawnOwned } from '../../process/owned-process.ts'
import { locateServer } from '../../servers/locate-server.ts'
import { redisCommand, writeConfig } from '../server.ts'

const READY_DEADLINE_MS = 20_000
const RETRY_MS = 20

export type PlainRedis = {
  readonly port: number
  /** Its data, and its log as `redis.log`. */
  readonly folder: string
  /** Ends with the server. */
  connect(): Redis
  /** SIGKILL, to the server itself: it can write nothing more. */
  kill(): Promise<void>
  /** After `kill`, on the files that are left; returns once they are loaded. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** `directives` such as `appendonly yes`. It is on a free port of this machine alone. */
export async function startPlainRedis(...directives: readonly string[]): Promise<PlainRedis> {
  const server = await locateServer('redis', { onProgress: console.error })
  const folder = await ownedFolder('outgrow-plain-redis-')
  const port = await freePort()
  const file = await writeConfig(folder.path, [...everyConfig(port, folder.path), ...directives, ''].join('\n'))
  const { path, args, env } = redisCommand(server, file)
  let child: ChildProcess
  const clients: Redis[] = []
  const connect = () => {
    const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => RETRY_MS, maxRetriesPerRequest: null })
    client.on('error', () => {}) // It tries again.
    clients.push(client)
    return client
  }
  const disconnect = () => {
    for (const client of clients.splice(0)) client.disconnect()
  }
  const restart = async () => {
    child = spawnOwned({ path, args, env: { ...process.env, ...env } })
    await untilReady(child, connect())
  }
  const kill = async () => {
    const ended = once(child, 'exit')
    process.kill(await processId(connect()), 'SIGKILL')
    disconnect()
    await ended
    await endOwned(child)
  }
  const stop = async () => {
    disconnect()
    await endOwned(child)
    await folder.remove()
  }
  await restart().catch(async (error) => {
    await stop()
    throw error
  })
  return { port, folder: folder.path, connect, kill, restart, stop }
}

function everyConfig(port: number, folder: string): string[] {
  return ['bind 127.0.0.1', `port ${port}`, `dir "${folder}"`, 'logfile redis.log']
}

/** A client asks nothing before the server has loaded its data. */
async function untilReady(child: ChildProcess, redis: Redis): Promise<void> {
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the Redis ended while it started')))
  const late = sleep(READY_DEADLINE_MS, undefined, { ref: false }).then(() =>
    Promise.reject(new Error('the Redis did not start in time')),
  )
  await Promise.race([redis.ping(), ended, late])
}

export async function processId(redis: Redis): Promise<number> {
  return numberIn(await redis.info('server'), 'process_id')
}

/** A field of what INFO answers. */
export function numberIn(info: string, field: string): number {
  const [, text] = new RegExp(`^${field}:(.+)$`, 'm').exec(info) ?? []
  if (text === undefined) throw new Error(`INFO names no ${field}`)
  return Number.parseFloat(text)
}
