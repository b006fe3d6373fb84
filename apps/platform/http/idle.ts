import type { Server } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import { until } from '../../../infra/process/until.ts'

const POLL_MS = 20

/** Returns once no request is under way, or too late. The server takes new ones meanwhile; connections that rest are closed. */
export async function untilIdle(server: Server, withinMs: number): Promise<void> {
  const isIdle = async () => {
    await readWhatCame()
    server.closeIdleConnections()
    return (await connectionsOf(server)) === 0
  }
  await until(isIdle, { withinMs, everyMs: POLL_MS })
}

/** Who was out of breath takes a connection for one that rests to which somebody has just written. */
async function readWhatCame(): Promise<void> {
  await turn()
  await turn()
}

function connectionsOf(server: Server): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
  return promise
}
