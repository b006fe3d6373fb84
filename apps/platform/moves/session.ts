/**
 * A mover's connection to one server. While it is open no other mover works there: the lock is the connection's, and so is gone with it,
 * and it is never opened anew. What was stopped finds its connections closed when it wakes up.
 */
import { createConnection } from 'mysql2/promise'
import type { DatabaseAddress } from '../../../infra/stage/app-document.ts'
import { within } from '../process/within.ts'
import { GIVE_MOVER_LOCK_BACK, STILL_THERE, sessionOfMover, TAKE_MOVER_LOCK } from './queries.ts'

const CONNECT_WITHIN_MS = 2_000
const ANSWER_WITHIN_MS = 30_000
const GOODBYE_MS = 1_000
/** A stopped mover's locks are free again after so long. */
const IDLE_S = 3
const SAY_SOMETHING_EVERY_MS = 1_000
/** Behind a statement of ours that waits for a lock of the shop's, everybody waits. */
const LOCK_WAIT_S = 1

/** Another mover is at work on a server. */
export class Busy extends Error {}

export type Session = {
  readonly server: string
  /** The schema with the server's `buckets`. */
  readonly ownersIn: string
  rows<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>
  /** Answers how many rows it met. */
  change(text: string, values?: readonly unknown[]): Promise<number>
  close(): Promise<void>
}

/** To one server, for as long as the work takes. Throws one line where it does not answer, or another mover is at work there. */
export async function withSession<Value>(
  servers: readonly DatabaseAddress[],
  name: string,
  work: (session: Session) => Promise<Value>,
): Promise<Value> {
  const session = await openSession(addressOf(servers, name))
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

/** The same to two of them, in the order of their names: two movers that need the same ones never hold one each. */
export function withSessions<Value>(
  servers: readonly DatabaseAddress[],
  [first, second]: readonly [string, string],
  work: (first: Session, second: Session) => Promise<Value>,
): Promise<Value> {
  if (second < first) return withSessions(servers, [second, first], (one, other) => work(other, one))
  return withSession(servers, first, (one) => withSession(servers, second, (other) => work(one, other)))
}

function addressOf(servers: readonly DatabaseAddress[], name: string): DatabaseAddress {
  const found = servers.find((one) => one.name === name)
  if (!found) throw new Error(`there is no server ${name} for buckets; there are: ${servers.map((one) => one.name).join(', ')}`)
  return found
}

async function openSession(address: DatabaseAddress): Promise<Session> {
  const { name, host, port, user, password, database } = address
  const login = { host, port, user, password, database, connectTimeout: CONNECT_WITHIN_MS }
  // Values as the server spells them, so that they come to the other one as they are.
  const exact = { dateStrings: true, supportBigNumbers: true, bigNumberStrings: true, jsonStrings: true, timezone: 'Z' }
  const connection = await createConnection({ ...login, ...exact, multipleStatements: true }).catch((error: Error) => {
    throw new Error(`${name} does not answer: ${error.message}`)
  })
  // What is lost is told by the statement that needs it.
  connection.on('error', () => undefined)
  const ask = async (text: string, values: readonly unknown[] = []) => {
    const [answer] = await connection.query({ sql: text, values: [...values], timeout: ANSWER_WITHIN_MS })
    return answer as unknown
  }
  const timer = setInterval(() => void ask(STILL_THERE).catch(() => undefined), SAY_SOMETHING_EVERY_MS)
  const close = async () => {
    clearInterval(timer)
    // With a goodbye, where the server still listens: without one its log speaks of an aborted connection.
    await within(
      GOODBYE_MS,
      ask(GIVE_MOVER_LOCK_BACK).then(() => connection.end()),
    )
    connection.destroy()
  }
  const session: Session = {
    server: name,
    ownersIn: database,
    rows: async <Row>(text: string, values?: readonly unknown[]) => (await ask(text, values)) as Row[],
    change: async (text, values) => ((await ask(text, values)) as { affectedRows: number }).affectedRows,
    close,
  }
  try {
    await takeLock(session)
    return session
  } catch (error) {
    await close()
    throw error
  }
}

async function takeLock({ server, rows }: Session): Promise<void> {
  await rows(sessionOfMover({ idleS: IDLE_S, lockS: LOCK_WAIT_S }))
  const [lock] = await rows<{ taken: number | null }>(TAKE_MOVER_LOCK)
  if (Number(lock?.taken) !== 1) throw new Busy(`another move is at work on ${server}; nothing was changed`)
}
