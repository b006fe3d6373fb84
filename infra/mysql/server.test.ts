import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Connection, createConnection } from 'mysql2/promise'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { freePort } from '../process/free-port.ts'
import { tried, until } from '../process/until.ts'
import { locateServer } from '../servers/locate-server.ts'
import type { ServerProgram } from '../servers/server-program.ts'
import { pingMysql } from './ping.ts'
import { initializeDataFolder, initializeDataFolders, mysqldCommand } from './server.ts'

const DEADLINE_MS = 60_000
const SOON = { withinMs: DEADLINE_MS, everyMs: 20 }
/** Every character that quoting could stumble over. */
const BOOTSTRAP = { database: 'shop', user: 'shop', password: `it's "a" \\ %_password; --` }

let server: ServerProgram
let folder: string
/** Made by a first start, for those whose question is another one. */
let original: string
let running: ChildProcess | undefined

beforeAll(async () => {
  server = await locateServer('mysql')
  const parent = await mkdtemp(join(tmpdir(), 'outgrow-server-test-'))
  original = join(parent, 'data')
  await initializeDataFolder(server, original, BOOTSTRAP)
  return () => rm(parent, { recursive: true })
}, 20 * DEADLINE_MS)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outgrow-server-test-'))
})

afterEach(async () => {
  await end('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

test('what a server was told is there after a restart', { timeout: DEADLINE_MS }, async () => {
  // Deeper than the 107 bytes that a socket's path may have.
  const data = join(folder, 'a-long-folder-name-'.repeat(6), 'data')
  await initializeDataFolder(server, data, BOOTSTRAP)
  const first = await connectTo(await start(data))
  await first.query('CREATE TABLE notes (text VARCHAR(20))')
  await first.query("INSERT INTO notes VALUES ('kept')")
  await first.end()
  expect(await end('SIGTERM')).toBe(0)

  await initializeDataFolder(server, data, BOOTSTRAP)
  const second = await connectTo(await start(data))
  const [rows] = await second.query('SELECT text FROM notes')
  await second.end()
  expect(rows).toEqual([{ text: 'kept' }])
})

test('only the shop gets in over TCP, and only to its own database', { timeout: DEADLINE_MS }, async () => {
  const data = join(folder, 'data')
  await initializeDataFolder(server, data, BOOTSTRAP, original)
  const port = await start(data)
  await expect(createConnection({ host: '127.0.0.1', port, user: 'root' })).rejects.toMatchObject({ errno: 1045 })
  await expect(createConnection({ host: '127.0.0.1', port, user: 'shop', password: 'wrong' })).rejects.toMatchObject({
    errno: 1045,
  })
  const shop = await connectTo(port)
  await expect(shop.query('SELECT * FROM mysql.user')).rejects.toMatchObject({ errno: 1142 })
  await expect(shop.query('CREATE DATABASE other')).rejects.toMatchObject({ errno: 1044 })
  await shop.end()
  expect((await stat(data)).mode & 0o077).toBe(0)
})

test('the server keeps to the options that the shop relies on', { timeout: DEADLINE_MS }, async () => {
  const data = join(folder, 'data')
  await initializeDataFolder(server, data, BOOTSTRAP, original)
  const shop = await connectTo(await start(data))
  const [rows] = await shop.query(`SELECT @@innodb_flush_log_at_trx_commit AS flush, @@innodb_lock_wait_timeout AS lockWait,
    @@innodb_rollback_on_timeout AS rollbackOnTimeout, @@global.time_zone AS zone, @@bind_address AS address, @@skip_name_resolve AS noNames,
    @@collation_database AS collation, @@performance_schema AS performanceSchema, @@log_bin AS binaryLog`)
  await shop.end()
  expect(rows).toEqual([
    {
      flush: 1,
      lockWait: 2,
      rollbackOnTimeout: 1,
      zone: '+00:00',
      address: '127.0.0.1',
      noNames: 1,
      collation: 'utf8mb4_unicode_ci',
      performanceSchema: 0,
      binaryLog: 0,
    },
  ])
})

test('a member of a group starts as nobody, and logs what it will be told so that a crash loses none of it', {
  timeout: DEADLINE_MS,
}, async () => {
  const data = join(folder, 'data')
  await initializeDataFolder(server, data, { ...BOOTSTRAP, keeperPassword: 'keeper-password' })
  const shop = await connectTo(await start(data, 2))
  await expect(shop.query('CREATE TABLE notes (text VARCHAR(20))')).rejects.toMatchObject({ errno: 1290 })
  await expect(shop.query('SET GLOBAL read_only = OFF')).rejects.toMatchObject({ errno: 1227 })
  const isMariadb = server.flavour === 'mariadb'
  const [rows] = await shop.query(`SELECT @@server_id AS id, @@log_bin AS log, @@sync_binlog AS synced, @@binlog_format AS format,
    @@relay_log_recovery AS relayRecovery, @@innodb_flush_log_at_trx_commit AS flush,
    ${isMariadb ? '@@gtid_strict_mode' : "@@gtid_mode = 'ON'"} AS gtids, ${isMariadb ? '@@log_slave_updates' : '@@log_replica_updates'} AS copiesLogged,
    @@rpl_semi_sync_${isMariadb ? 'master' : 'source'}_wait_point AS waitPoint, @@rpl_semi_sync_${isMariadb ? 'master' : 'source'}_timeout AS timeoutMs`)
  await shop.end()
  const kept = { log: 1, synced: 1, format: 'ROW', relayRecovery: 1, flush: 1, gtids: 1, copiesLogged: 1 }
  expect(rows).toEqual([{ id: 2, ...kept, waitPoint: 'AFTER_SYNC', timeoutMs: 2_000_000_000 }])
})

test('a first start that was killed half-way is made anew', { timeout: DEADLINE_MS }, async () => {
  const data = join(folder, 'data')
  const firstStart = spawn(
    process.execPath,
    ['--input-type=module', '-e', INITIALIZE, JSON.stringify([server, data, BOOTSTRAP])],
    {
      cwd: import.meta.dirname,
      stdio: 'ignore',
      detached: true,
    },
  )
  const isHalfWay = () => existsSync(join(`${data}.unfinished`, 'data/ibdata1'))
  await until(isHalfWay, { ...SOON, everyMs: 1, complaint: 'it was not half-way' })
  process.kill(-(firstStart.pid ?? Number.NaN), 'SIGKILL')
  await once(firstStart, 'exit')
  expect(existsSync(data)).toBe(false)

  await initializeDataFolder(server, data, BOOTSTRAP)
  const shop = await connectTo(await start(data))
  await shop.query('CREATE TABLE notes (text VARCHAR(20))')
  await shop.end()
  expect((await readdir(folder)).sort()).toEqual(['data', 'data.tmp'])
})

const INITIALIZE = `const [server, data, bootstrap] = JSON.parse(process.argv[1])
const { initializeDataFolder } = await import(process.cwd() + '/server.ts')
await initializeDataFolder(server, data, bootstrap)`

test('those of a group begin alike, and no server is taken for another', { timeout: DEADLINE_MS }, async () => {
  const folders = ['one', 'other'].map((name) => join(folder, name))
  await initializeDataFolders(server, folders, BOOTSTRAP)
  const filesOf = async (name: string) => (await readdir(join(folder, name))).filter((file) => file !== 'auto.cnf').sort()
  expect(await filesOf('other')).toEqual(await filesOf('one'))
  expect(existsSync(join(folder, 'other/auto.cnf'))).toBe(false)
  await writeFile(join(folder, 'one/written'), 'since')
  await initializeDataFolders(server, folders, BOOTSTRAP)
  expect(await filesOf('other')).not.toContain('written')
})

test('a folder of somebody else is left alone', async () => {
  const data = join(folder, 'data')
  await mkdir(data)
  await writeFile(join(data, 'thesis.txt'), 'mine')
  await expect(initializeDataFolder(server, data, BOOTSTRAP)).rejects.toThrow(
    `${data} holds files that are no database of Outgrow`,
  )
  expect(await readdir(data)).toEqual(['thesis.txt'])
})

test('a folder that another kind of server made is not opened', { timeout: DEADLINE_MS }, async () => {
  const data = join(folder, 'data')
  await initializeDataFolder(server, data, BOOTSTRAP, original)
  const other = server.flavour === 'mysql' ? 'mariadb' : 'mysql'
  const opened = initializeDataFolder({ ...server, flavour: other }, data, BOOTSTRAP)
  await expect(opened).rejects.toThrow(`was made by ${server.flavour} ${server.version} and cannot be opened by ${other}`)
  await expect(initializeDataFolder({ ...server, version: '5.7.1' }, data, BOOTSTRAP)).rejects.toThrow('cannot be opened by')
})

async function start(data: string, memberNumber?: number): Promise<number> {
  const port = await freePort()
  const { path, args, env } = mysqldCommand(server, { folder: data, port, ...(memberNumber && { memberNumber }) })
  running = spawn(path, args, { env: { ...process.env, ...env }, stdio: 'ignore' })
  const { user, password } = BOOTSTRAP
  const ping = () => {
    if (running?.exitCode !== null) throw new Error('the server ended')
    return tried(() => pingMysql({ host: '127.0.0.1', port, user, password, timeoutMs: 1_000 }))
  }
  await until(ping, { ...SOON, complaint: 'the server did not answer' })
  return port
}

/** Answers the exit status. */
async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  const child = running
  running = undefined
  if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
  return child.exitCode
}

function connectTo(port: number): Promise<Connection> {
  return createConnection({ host: '127.0.0.1', port, ...BOOTSTRAP })
}
