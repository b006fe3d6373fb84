import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flood, type Taken } from './flood.ts'
import { type PlainRedis, startPlainRedis } from './plain-redis.ts'

const CONNECTIONS = 50
const VALUE_BYTES = 1_000

let server: PlainRedis
beforeAll(async () => {
  server = await startPlainRedis('save ""')
  return server.stop
})

const lines: string[] = []
afterAll(() => console.log([`GET of ${VALUE_BYTES} bytes, ${CONNECTIONS} connections`, ...lines].join('\n')))

describe('a Redis that is asked as fast as one process can ask (B13, K8)', () => {
  test.each([
    { depth: 1, requests: 50_000 },
    { depth: 16, requests: 500_000 },
    { depth: 100, requests: 500_000 },
  ])('reads nothing from disk: what it takes is CPU and network, $depth commands at once', async (load) => {
    const taken = await flood(server, { connections: CONNECTIONS, valueBytes: VALUE_BYTES, ...load })
    lines.push(`${load.depth} at once: ${lineOf(taken)}`)
    // All in memory, and no page of it swapped out; undefined where the system does not tell.
    expect(taken.diskReadBytes ?? 0).toBe(0)
    expect(taken.networkMbPerS * 1e6).toBeGreaterThan(taken.requestsPerS * VALUE_BYTES)
    expect(taken.cpuUsPerRequest).toBeGreaterThan(0)
  })
})

function lineOf({ requestsPerS, cpuShare, cpuUsPerRequest, networkMbPerS, diskReadBytes }: Taken): string {
  const figures = [
    `${Math.round(requestsPerS)}/s`,
    `${Math.round(100 * cpuShare)} % of a CPU`,
    `${cpuUsPerRequest.toFixed(1)} µs each`,
  ]
  return [...figures, `${Math.round(networkMbPerS)} MB/s`, `${diskReadBytes} bytes read from disk`].join(', ')
}
