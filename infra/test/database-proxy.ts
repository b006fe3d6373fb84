/** A way to a real database that a test can cut or block: to the shop it looks like a server that was killed, or that hangs. */

import type { AddressInfo } from 'node:net'
import { createServer, connect as openConnection, type Server, type Socket } from 'node:net'
import type { DatabaseAddress } from '../../apps/shop/config.ts'

export type DatabaseProxy = {
  readonly address: DatabaseAddress
  /** Connections through it that are open. */
  connections(): number
  /** Connections are cut and refused, until it is opened again. */
  cut(): Promise<void>
  open(): Promise<void>
  /** Nothing comes through, either way, and no connection ends. */
  block(): void
  unblock(): void
  close(): Promise<void>
}

export async function proxyOf(target: DatabaseAddress, name: string): Promise<DatabaseProxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let blocked = false
  const server = createServer({ pauseOnConnect: true }, (incoming) => {
    const outgoing = openConnection(target.port, target.host)
    const pair = [incoming, outgoing] as const
    pairs.add(pair)
    const end = (): void => {
      for (const socket of pair) socket.destroy()
      pairs.delete(pair)
    }
    join(incoming, outgoing, end)
    join(outgoing, incoming, end)
    if (!blocked) incoming.resume()
  })
  const port = await listen(server, 0)
  const cut = async (): Promise<void> => {
    for (const [incoming] of pairs) incoming.resetAndDestroy()
    if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  const flow = (how: 'pause' | 'resume'): void => {
    blocked = how === 'pause'
    for (const pair of pairs) for (const socket of pair) socket[how]()
  }
  return {
    address: { ...target, name, host: '127.0.0.1', port },
    connections: () => pairs.size,
    cut,
    open: async () => void (await listen(server, port)),
    block: () => flow('pause'),
    unblock: () => flow('resume'),
    close: cut,
  }
}

function join(from: Socket, to: Socket, end: () => void): void {
  from.on('data', (data) => void to.write(data))
  from.on('error', end)
  from.on('close', end)
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
