import { Redis } from 'ioredis'
import type { RedisAddress } from '../../../infra/stage/app-document.ts'
import type { BoundedRedis } from './bounded.ts'

const RETRY_MS = 1_000
const CONNECT_TIMEOUT_MS = 500

/**
 * Leaves a primary that was replaced as soon as a Sentinel says so, and not when it stops answering: it may go on answering for long.
 * ioredis has a `failoverDetector` for this, but that one logs every attempt to reach a Sentinel that is away, and when it strikes
 * while the client asks for the primary the client gives up for good.
 */
export function watchFailovers(client: BoundedRedis, { name, user, password, hosts }: RedisAddress): void {
  const watchers = hosts.map(({ host, port }) => {
    const watcher = new Redis({
      host,
      port,
      username: user,
      password,
      connectTimeout: CONNECT_TIMEOUT_MS,
      enableReadyCheck: false,
      autoResubscribe: false,
      retryStrategy: () => RETRY_MS,
      disableClientInfo: true,
    })
    watcher.on('error', () => {}) // The others tell too; one of them is enough.
    watcher.on('ready', () => watcher.subscribe('+switch-master').catch(() => {}))
    watcher.on('message', (_channel, message: string) => leaveUnless(client, name, message))
    return watcher
  })
  client.once('closed', () => {
    for (const watcher of watchers) watcher.disconnect()
  })
}

/** The message says `state 127.0.0.1 4406 127.0.0.1 4407`: the group, where its primary was, and where it is. Each Sentinel says it. */
function leaveUnless(client: BoundedRedis, name: string, message: string): void {
  const [group, , , , port] = message.split(' ')
  // A client that has no connection asks the Sentinels anyway.
  if (group === name && client.port !== undefined && client.port !== Number(port)) client.reconnect()
}
