/** Asks a Redis as fast as it answers, and says what that took of the machine: no client library, so that Redis is what is full. */
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Redis } from 'ioredis'
import { numberIn, type PlainRedis, processId } from './plain-redis.ts'

const BUFFER_BYTES = 64 * 1_024

export type Flood = {
  readonly connections: number
  /** Commands that a connection sends at once; the next ones follow when all are answered. */
  readonly depth: number
  /** In all, at least. */
  readonly requests: number
  /** What is asked for has so many bytes. */
  readonly valueBytes: number
}

export type Taken = {
  readonly requestsPerS: number
  /** Of one CPU. */
  readonly cpuShare: number
  readonly cpuUsPerRequest: number
  readonly networkMbPerS: number
  /** Undefined where the system does not say. */
  readonly diskReadBytes: number | undefined
}

export async function flood(server: PlainRedis, options: Flood): Promise<Taken> {
  const redis = server.connect()
  await redis.set('key', 'x'.repeat(options.valueBytes))
  const before = await usageOf(redis)
  const startedAt = performance.now()
  const requests = await askAll(server.port, options)
  const seconds = (performance.now() - startedAt) / 1_000
  const after = await usageOf(redis)
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds
  return {
    requestsPerS: requests / seconds,
    cpuShare: cpuSeconds / seconds,
    cpuUsPerRequest: (1e6 * cpuSeconds) / requests,
    networkMbPerS: (after.networkBytes - before.networkBytes) / 1e6 / seconds,
    diskReadBytes: before.diskReadBytes === undefined ? undefined : (after.diskReadBytes ?? 0) - before.diskReadBytes,
  }
}

async function askAll(port: number, { connections, depth, requests, valueBytes }: Flood): Promise<number> {
  const question = Buffer.from('*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n'.repeat(depth))
  const answerBytes = depth * `$${valueBytes}\r\n${'x'.repeat(valueBytes)}\r\n`.length
  const turns = Math.ceil(requests / connections / depth)
  const asking = Array.from({ length: connections }, () => askInTurns(port, question, answerBytes, turns))
  await Promise.all(asking)
  return connections * depth * turns
}

/** The bytes of the answers are counted, and not looked at: what asks should take less than what answers. */
function askInTurns(port: number, question: Buffer, answerBytes: number, turns: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let [turn, received] = [1, 0]
    const count = (bytes: number): boolean => {
      received += bytes
      if (received < turn * answerBytes) return true
      if (turn++ === turns) socket.destroy()
      else socket.write(question)
      return true
    }
    const socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer: Buffer.alloc(BUFFER_BYTES), callback: count },
    })
    socket
      .on('error', reject)
      .on('close', () => (turn > turns ? resolve() : reject(new Error('Redis has closed the connection'))))
    socket.write(question)
  })
}

async function usageOf(redis: Redis) {
  const [cpu, stats] = [await redis.info('cpu'), await redis.info('stats')]
  return {
    cpuSeconds: numberIn(cpu, 'used_cpu_user') + numberIn(cpu, 'used_cpu_sys'),
    networkBytes: numberIn(stats, 'total_net_input_bytes') + numberIn(stats, 'total_net_output_bytes'),
    diskReadBytes: await diskReadBytes(await processId(redis)),
  }
}

/** Linux alone tells what a process has read from disk. */
async function diskReadBytes(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/io`, 'utf8').catch(() => '')
  return text === '' ? undefined : numberIn(text, 'read_bytes')
}
