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

function problemText(code: ErrorCode, name: string): string {
  const { status, title } = ERRORS[code]
  const body = JSON.stringify({ type: 'about:blank', title, status, code, detail: title, requestId: crypto.randomUUID() })
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    `x-served-by: ${name}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
