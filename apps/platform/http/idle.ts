import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 20

/** Returns once no request is under way, or too late. The server takes new ones meanwhile; connections that rest are closed. */
export async function untilIdle(server: Server, withinMs: number): Promise<void> {
  for (const endsAt = performance.now() + withinMs; performance.now() < endsAt; await sleep(POLL_MS)) {
    server.closeIdleConnections()
    if ((await connectionsOf(server)) === 0) return
  }
}

function connectionsOf(server: Server): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
  return promise
}
