/** A connection on which anything can be written: what no HTTP client would send. */
import { connect } from 'node:net'
import { until } from '../../../infra/process/until.ts'
import type { Target } from '../client.ts'

export type Exchange = {
  readonly text: string
  /** Whether the other side ended the connection. */
  readonly closed: boolean
  /** Statuses of all answers that came on this connection. */
  readonly statuses: readonly number[]
}

/** Writes the bytes and reads until the other side closes, or until it has been silent for `silenceMs`. */
export function exchange(target: Target, bytes: string | Buffer, { silenceMs = 700 } = {}): Promise<Exchange> {
  const { hostname, port } = new URL(target.url)
  return new Promise((resolve) => {
    let text = ''
    const socket = connect({ host: hostname, port: Number(port) })
    const finish = (closed: boolean) => {
      socket.destroy()
      resolve({ text, closed, statuses: [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map((match) => Number(match[1])) })
    }
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.once('close', () => finish(true))
    socket.on('error', () => socket.destroy())
    socket.setTimeout(silenceMs, () => finish(false))
    socket.write(bytes)
  })
}

export type Dripped = {
  /** Whether the other side gave up in time. */
  readonly closed: boolean
  readonly text: string
}
type Drip = { head: string; drop: string; everyMs: number; timeoutMs: number }

/** Writes the head, then a drop again and again without end; ends when the other side gives up, or after `timeoutMs`. */
export async function drip(target: Target, { head, drop, everyMs, timeoutMs }: Drip): Promise<Dripped> {
  const { hostname, port } = new URL(target.url)
  const socket = connect({ host: hostname, port: Number(port) })
  let closed = false
  let text = ''
  socket.on('error', () => socket.destroy())
  socket.once('close', () => {
    closed = true
  })
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  socket.write(head)
  const isClosed = () => {
    if (socket.writable) socket.write(drop)
    return closed
  }
  await until(isClosed, { withinMs: timeoutMs, everyMs })
  socket.destroy()
  return { closed, text }
}
