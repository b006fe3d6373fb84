/** A real database server for tests: quick, on a free port, gone at the end. Made for vitest's globalSetup. */
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { freePort } from '../process/free-port.ts'
import { endOwned, ownedFolder, spawnOwned } from '../process/owned-process.ts'
import { tried, until } from '../process/until.ts'
import { locateServer } from '../servers/locate-server.ts'
import { pingMysql } from './ping.ts'
import { mysqldCommand } from './server.ts'
import { ACCOUNT, makeTestFolder } from './test-folder.ts'

const READY_DEADLINE_MS = 60_000
const PING_TIMEOUT_MS = 1_000
const POLL_MS = 25
/** Tests are over before a crash could lose anything. */
const UNSAFE_BUT_QUICK = ['--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=OFF', '--max-connections=400']

export type TestServer = {
  /** Of the database that is there from the start. */
  readonly url: string
  /** Makes an empty database and answers its URL. */
  createDatabase(): Promise<string>
  stop(): Promise<void>
}

/** On a copy of that data folder, if it is given. Set OUTGROW_MYSQLD to test on that server. */
export async function startTestServer(original?: string): Promise<TestServer> {
  const server = await locateServer('mysql', { onProgress: console.error })
  const folder = await ownedFolder('outgrow-mysql-')
  const port = await freePort()
  let child: ChildProcess | undefined
  const stop = async (): Promise<void> => {
    if (child) await endOwned(child)
    await folder.remove()
  }
  try {
    const data = join(folder.path, 'data')
    await makeTestFolder(server, data, original)
    const { path, args, env } = mysqldCommand(server, { folder: data, port, options: UNSAFE_BUT_QUICK })
    child = spawnOwned({ path, args, env: { ...process.env, ...env } })
    await untilReady(child, port)
  } catch (error) {
    await stop()
    throw error
  }
  const url = urlOf(port, 'shop')
  return { url, createDatabase: () => createDatabase(url, port), stop }
}

let databases = 0

/** Other processes (vitest's workers) may call `createDatabase` on the server of the same URL. */
export async function createDatabase(url: string, port = Number(new URL(url).port)): Promise<string> {
  databases += 1
  const name = `shop_${process.pid}_${databases}_${Date.now()}`
  const connection = await createConnection(url)
  try {
    await connection.query(`CREATE DATABASE ${name}`)
  } finally {
    await connection.end()
  }
  return urlOf(port, name)
}

function urlOf(port: number, database: string): string {
  return `mysql://${ACCOUNT.user}:${ACCOUNT.password}@127.0.0.1:${port}/${database}`
}

async function untilReady(child: ChildProcess, port: number): Promise<void> {
  const ping = () => {
    if (child.exitCode !== null) throw new Error(`the test database ended with status ${child.exitCode}`)
    return tried(() => pingMysql({ host: '127.0.0.1', port, ...ACCOUNT, timeoutMs: PING_TIMEOUT_MS }))
  }
  await until(ping, { withinMs: READY_DEADLINE_MS, everyMs: POLL_MS, complaint: 'the test database did not answer' })
}
