/** Stands before a copy of a service and passes everything on, but for answers that it is told to lose. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { freePort } from '../../../../infra/process/free-port.ts'
import { LOOPBACK } from '../../../../infra/stage/address.ts'

export type LossyProxy = {
  readonly url: string
  /** Answers that were lost, each to a request whose work was done. */
  lost(): number
  close(): Promise<void>
}

/** `isLost` is asked of each answer that says that something was done, by the first line of its request. */
export async function lossyProxy(to: number, isLost: (requestLine: string) => boolean): Promise<LossyProxy> {
  let lost = 0
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // What comes of it is for the two ends to see.
    socket.on('error', () => undefined)
  }
  const server = createServer((caller) => {
    const copy = connect({ host: LOOPBACK, port: to })
    for (const socket of [caller, copy]) keep(socket)
    const lose = () => {
      lost += 1
      caller.destroy()
      copy.destroy()
    }
    passOn(caller, copy, (requestLine, bytes) =>
      DONE.test(bytes.toString('latin1')) && isLost(requestLine) ? lose() : caller.write(bytes),
    )
  })
  const port = await freePort()
  server.listen(port, LOOPBACK)
  await once(server, 'listening')
  return {
    url: `http://${LOOPBACK}:${port}`,
    lost: () => lost,
    async close() {
      const { promise: closed, resolve: close } = Promise.withResolvers<void>()
      server.close(() => close())
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

const DONE = /^HTTP\/1\.1 2/

/** On one connection there is one request at a time: what comes back after it begins its answer. */
function passOn(caller: Socket, copy: Socket, answered: (requestLine: string, bytes: Buffer) => void): void {
  let requestLine = ''
  caller.on('data', (bytes) => {
    requestLine ||= bytes.toString('latin1').split('\r\n', 1)[0] ?? ''
    copy.write(bytes)
  })
  copy.on('data', (bytes) => {
    const first = requestLine
    requestLine = ''
    if (first === '') caller.write(bytes)
    else answered(first, bytes)
  })
  caller.on('close', () => copy.destroy())
  copy.on('close', () => caller.end())
}
