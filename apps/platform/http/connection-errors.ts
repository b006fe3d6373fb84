import type { Server } from 'node:http'
import type { ConnectionError } from 'fastify'
import { ERRORS, type ErrorCode } from './errors.ts'

/** What is destroyed and written to when it cannot be answered as a request. */
type Socket = {
  readonly destroyed: boolean
  readonly writable: boolean
  write(text: string): unknown
  destroy(error: Error): unknown
}

/** Answers what never became a request (no HTTP, headers too large, too slow) as a problem like any other, and ends its connection. */
export function refuseConnection(error: ConnectionError, socket: Socket, name: string): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  if (socket.writable) socket.write(problemText(CODES[error.code] ?? 'BAD_REQUEST', name))
  socket.destroy(error)
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
}

/** The same for what Node keeps from the app: it ends a CONNECT without a word, and answers an expectation that is none with no body. */
export function refuseUnseenRequests(server: Server, name: string): void {
  server.on('connect', (_request, socket) => socket.end(problemText('METHOD_NOT_ALLOWED', name, ['allow:'])))
  server.on('checkExpectation', ({ socket }) => socket.end(problemText('EXPECTATION_FAILED', name)))
}

function problemText(code: ErrorCode, name: string, fields: readonly string[] = []): string {
  const { status, title } = ERRORS[code]
  const body = JSON.stringify({ type: 'about:blank', title, status, code, detail: title, requestId: crypto.randomUUID() })
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    `x-served-by: ${name}`,
    'content-type: application/problem+json',
    'cache-control: no-store',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    ...fields,
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
