/** Says at which step the way to a database breaks: its name, the TCP connection, the handshake, or a query. */
import { once } from 'node:events'
import { Socket } from 'node:net'
import { createConnection } from 'mysql2/promise'
import type { DatabaseAddress } from '../../../infra/stage/app-document.ts'
import { type Attempt, inOrder, type ProbeDeadlines, reachPort, resolveName, type Step } from '../process/probe.ts'

export type StepName = 'name' | 'tcp' | 'handshake' | 'query'

/**
 * Tries the steps in order and stops at the first that fails; each has `timeoutMs`.
 * All use one connection: a server counts connections that are given up before the log-in, and at last refuses them.
 */
export async function probeDatabase(address: DatabaseAddress, limits: ProbeDeadlines): Promise<Step<StepName>[]> {
  const socket = new Socket()
  const attempts: Attempt<StepName>[] = [
    ['name', () => resolveName(address)],
    ['tcp', () => reachPort(socket, address)],
    ['handshake', () => awaitGreeting(socket, address)],
    ['query', () => query(socket, address, limits.timeoutMs)],
  ]
  try {
    return await inOrder(attempts, limits)
  } finally {
    socket.destroy()
  }
}

/** A MySQL server speaks first; its greeting's fifth byte is the protocol version 10, or 255 for a refusal. */
async function awaitGreeting(socket: Socket, { port }: DatabaseAddress): Promise<string> {
  await Promise.race([once(socket, 'readable'), once(socket, 'close')])
  const greeting: Buffer | null = socket.read()
  if (!greeting) throw new Error('the connection was closed before a greeting')
  // The log-in of the next step wants to read it too.
  socket.unshift(greeting)
  if (greeting[4] === 10) return `a MySQL server answers on port ${port}`
  if (greeting[4] === 255) throw new Error(`the server refuses the connection: ${greeting.subarray(7).toString()}`)
  throw new Error(`what listens on port ${port} is not MySQL`)
}

async function query(stream: Socket, { user, password, database }: DatabaseAddress, timeoutMs: number): Promise<string> {
  const connection = await createConnection({ stream, user, password, database, connectTimeout: timeoutMs })
  await connection.query({ sql: 'select 1', timeout: timeoutMs })
  await connection.end()
  return `${user} is logged in to ${database} and SELECT 1 answers`
}
