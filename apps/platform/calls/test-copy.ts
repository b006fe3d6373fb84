/** A copy of a service that does what its test says. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

type Handle = (request: IncomingMessage, response: ServerResponse) => void

export class TestCopy {
  readonly name: string
  readonly port: number
  asked = 0
  #server: Server | undefined
  #handle: Handle = (_request, response) => response.end(this.name)
  /** Its check is answered like all else, but while it only hangs. */
  #isHung = false
  #isLeaving = false
  #cutsChecks = false

  constructor(name: string, port: number) {
    this.name = name
    this.port = port
  }

  async start(): Promise<void> {
    this.#server = createServer((request, response) => {
      if (this.#isHung) return
      if (request.url === '/health/accepting' && this.#cutsChecks) return void request.socket.destroy()
      if (request.url === '/health/accepting') return void response.writeHead(this.#isLeaving ? 404 : 200).end('{}')
      this.asked += 1
      this.#handle(request, response)
    })
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.listen(this.port, '127.0.0.1', resolve)
    await promise
  }

  die(): void {
    this.#server?.closeAllConnections()
    this.#server?.close()
  }

  hang(isHung: boolean): void {
    this.#isHung = isHung
  }

  /** It takes nothing new, and ends what it has. */
  leave(): void {
    this.#isLeaving = true
  }

  /** So does this, and it hears no checks any more. */
  closePort(): void {
    this.#server?.close()
  }

  /** It closes each connection on which it is asked whether it takes requests. */
  cutChecks(): void {
    this.#cutsChecks = true
  }

  answer(handle: Handle): void {
    this.#handle = handle
  }
}
