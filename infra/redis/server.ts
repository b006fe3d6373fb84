/** Runs Redis servers and Sentinels on files of their own. */
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Invocation, ServerProgram } from '../servers/server-program.ts'

/** In the folder of each server and Sentinel. They rewrite it, so that it says how things stand. */
export const CONFIG_FILE = 'redis.conf'

/** Writes the configuration into the server's folder, for nobody else to read, and answers its path. */
export async function writeConfig(folder: string, config: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, CONFIG_FILE)
  await writeFile(file, config, { mode: 0o600 })
  return file
}

/** What to spawn for a server in the foreground that logs to standard output and ends in good order at SIGTERM. */
export function redisCommand(server: ServerProgram, config: string): Invocation {
  return { path: server.path, args: [...server.args, config], env: server.env }
}

export function sentinelCommand(server: ServerProgram, config: string): Invocation {
  return { path: server.path, args: [...server.args, config, '--sentinel'], env: server.env }
}

export type RedisTarget = { readonly port: number; readonly user: string; readonly password: string; readonly timeoutMs: number }

/** Returns if the server or Sentinel says anything: that we have not logged in is an answer. */
export async function answersRedis({ port, timeoutMs }: Pick<RedisTarget, 'port' | 'timeoutMs'>): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port })
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    socket.write('PING\r\n')
    await once(socket, 'data', { signal })
  } catch (error) {
    throw signal.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error
  } finally {
    socket.destroy()
  }
}

/** Logs in, asks once, and leaves. Throws what went wrong, or after the time-out. */
export async function askRedis<Answer>(target: RedisTarget, ask: (redis: Redis) => Promise<Answer>): Promise<Answer> {
  const { port, user, password, timeoutMs } = target
  const redis = new Redis({
    host: '127.0.0.1',
    port,
    username: user,
    password,
    lazyConnect: true,
    enableReadyCheck: false,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    retryStrategy: () => null,
  })
  // The reason: what `connect` throws is only that the connection was closed.
  let reason: Error | undefined
  redis.on('error', (error: Error) => {
    reason = error
  })
  try {
    await redis.connect()
    return await ask(redis)
  } catch (error) {
    throw reason ?? error
  } finally {
    redis.disconnect()
  }
}
