import { Agent, request } from 'node:http'

/** What one call of the benchmark sends. */
export type Call = { method: 'GET' | 'POST'; path: string; headers: Record<string, string>; body?: string }

const CALL_TIMEOUT_MS = 10_000

export type Calls = { readonly count: number; readonly atOnce: number; call(index: number): Call }

/** Sends calls, so many at a time over kept connections; throws at the first answer that is not 2xx. */
export async function sendCalls(port: number, { count, atOnce, call }: Calls): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
  let next = 0
  const lane = async () => {
    while (next < count) await send(agent, port, call(next++))
  }
  try {
    await Promise.all(Array.from({ length: atOnce }, lane))
  } finally {
    agent.destroy()
  }
}

function send(agent: Agent, port: number, { method, path, headers, body }: Call): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const call = request({ agent, host: '127.0.0.1', port, method, path, headers, timeout: CALL_TIMEOUT_MS }, (response) => {
    const status = response.statusCode ?? 0
    response.resume()
    response.once('end', () => (status < 300 ? resolve() : reject(new Error(`${method} ${path} was answered with ${status}`))))
  })
  call.once('timeout', () => call.destroy(new Error(`${method} ${path} had no answer within ${CALL_TIMEOUT_MS} ms`)))
  call.once('error', reject)
  call.end(body)
  return promise
}
