/** Server-sent events to one client: bounded in number, age and in what waits to be taken. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'

/** `id` is what the client comes back with as `Last-Event-ID`. */
export type ClientStream = { send(id: string, event: string, data: unknown): void }

/** Less than any proxy on the way waits. */
const BEAT_EVERY_MS = 5_000
/** Then the client comes back, and is asked again who it is. */
const MOST_AGE_MS = 10 * 60_000
const COME_BACK_AFTER_MS = 1_000
/** A client that does not take what it is sent is left. */
const MOST_WAITING_BYTES = 64 * 1_024

type Told = {
  /** Up to where all was sent: a client that was told nothing for long need not have all of that read again. */
  place(): string
  ended(): void
  /** The client has to turn to another process. */
  readonly isLast: boolean
}

export function beginEvents(reply: FastifyReply, { place, ended, isLast }: Told): ClientStream & { end(): void } {
  reply.hijack()
  const { raw } = reply
  const headers = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no', ...(isLast && { connection: 'close' }) }
  raw.writeHead(200, { ...(reply.getHeaders() as OutgoingHttpHeaders), ...headers })
  write(raw, `retry: ${COME_BACK_AFTER_MS}\n\n`)
  const beating = setInterval(() => write(raw, `id: ${place()}\n\n`), BEAT_EVERY_MS)
  const expiring = setTimeout(() => raw.end(), MOST_AGE_MS)
  const leave = () => {
    clearInterval(beating)
    clearTimeout(expiring)
    ended()
  }
  // It may have left while this was made ready.
  if (raw.destroyed) leave()
  else raw.once('close', leave)
  return {
    send: (id, event, data) => write(raw, `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
    end: () => raw.end(),
  }
}

function write(raw: ServerResponse, text: string): void {
  if (raw.destroyed || raw.writableEnded) return
  if (raw.writableLength > MOST_WAITING_BYTES) raw.destroy()
  else raw.write(text)
}
