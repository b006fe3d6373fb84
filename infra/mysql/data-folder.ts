/** Makes a server's data folder at the first start: system tables, the database and its account, all or nothing. */
import { cp, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { runProgram } from '../process/run-program.ts'
import { reasonOf } from '../servers/missing-server.ts'
import type { ServerProgram } from '../servers/server-program.ts'
import { type Bootstrap, bootstrapStatements } from './bootstrap.ts'
import { storageOptions, temporaryFolder } from './options.ts'

const INITIALIZE_DEADLINE_MS = 120_000
/** Its presence says that the folder was made to the end. */
const MARKER = 'outgrow.json'

/** Those of servers that begin alike, none of which runs yet: the first start of a MySQL takes seconds, so one is made and the others are copies. */
export async function initializeDataFolders(
  server: ServerProgram,
  folders: readonly string[],
  bootstrap: Bootstrap,
): Promise<void> {
  const complete = await Promise.all(folders.map((folder) => isComplete(server, folder)))
  const first = folders.find((_, index) => !complete[index])
  for (const folder of folders) await initializeDataFolder(server, folder, bootstrap, folder === first ? undefined : first)
}

/**
 * Does nothing where the folder is complete. The folder is made beside its place and renamed at the end, so that one cut off
 * half-way is made anew; as a copy of `original`, where there is one. Throws one line when the folder belongs to another server, or has
 * files that are not ours.
 */
export async function initializeDataFolder(
  server: ServerProgram,
  folder: string,
  bootstrap: Bootstrap,
  original?: string,
): Promise<void> {
  await mkdir(temporaryFolder(folder), { recursive: true, mode: 0o700 })
  if (await isComplete(server, folder)) return
  const unfinished = `${folder}.unfinished`
  await rm(unfinished, { recursive: true, force: true, maxRetries: 5 })
  try {
    const data = join(unfinished, 'data')
    await mkdir(unfinished, { recursive: true, mode: 0o700 })
    await mkdir(data, { mode: 0o700 })
    await mkdir(temporaryFolder(data), { mode: 0o700 })
    if (original === undefined)
      await (server.flavour === 'mariadb' ? initializeMariadb : initializeMysql)(server, data, bootstrap)
    else await copyDataFolder(original, data)
    await writeDurably(join(data, MARKER), JSON.stringify({ flavour: server.flavour, version: server.version }))
    await rename(data, folder)
  } catch (error) {
    throw new Error(`cannot make the database folder ${folder}: ${reasonOf(error)}`, { cause: error })
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

async function isComplete(server: ServerProgram, folder: string): Promise<boolean> {
  const files = await readdir(folder).catch(emptyIfMissing)
  if (files.length === 0) return false
  if (!files.includes(MARKER)) throw new Error(`${folder} holds files that are no database of Outgrow; move them away`)
  const maker: unknown = JSON.parse(await readFile(join(folder, MARKER), 'utf8'))
  if (!isMaker(maker)) throw new Error(`${join(folder, MARKER)} is damaged`)
  if (maker.flavour === server.flavour && !isOlder(server.version, maker.version)) return true
  const found = `${server.flavour} ${server.version}`
  throw new Error(
    `${folder} was made by ${maker.flavour} ${maker.version} and cannot be opened by ${found}; move it away to start anew`,
  )
}

function emptyIfMissing(error: unknown): string[] {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
  throw error
}

type Maker = { readonly flavour: string; readonly version: string }

function isMaker(value: unknown): value is Maker {
  return (
    typeof value === 'object' && value !== null && 'flavour' in value && 'version' in value && typeof value.version === 'string'
  )
}

/** Servers open what an older release wrote, not what a newer one wrote; patch releases of one release agree. */
function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [thanMajor = 0, thanMinor = 0] = than.split('.').map(Number)
  return major < thanMajor || (major === thanMajor && minor < thanMinor)
}

/** By `auto.cnf` MySQL tells one server from another. */
const OF_ONE_FOLDER = [MARKER, 'auto.cnf']

function copyDataFolder(original: string, data: string): Promise<void> {
  return cp(original, data, { recursive: true, filter: (file) => !OF_ONE_FOLDER.includes(basename(file)) })
}

/** Nothing counts before the marker, so the first run need not wait for the disk at every commit. */
const UNSAFE_BUT_QUICK = ['--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=OFF']

/** The installation script mariadb-install-db does the same in shell and perl: SQL files from the share folder, through the server's standard input. */
async function initializeMariadb(server: ServerProgram, data: string, bootstrap: Bootstrap): Promise<void> {
  const share = await mariadbShare(server)
  const scripts = ['mysql_system_tables.sql', 'mysql_performance_tables.sql', 'mysql_system_tables_data.sql']
  const tables = await Promise.all(scripts.map((script) => readFile(join(share, script), 'utf8')))
  const input = [
    'CREATE DATABASE mysql;',
    'USE mysql;',
    // Keeps the data script from making root accounts for TCP.
    "SET @auth_root_socket = 'root';",
    ...tables,
    // Account statements work once the tables just made are loaded.
    'FLUSH PRIVILEGES;',
    ...bootstrapStatements(server.flavour, bootstrap),
    '',
  ].join('\n')
  await runInitialization(server, data, ['--bootstrap', '--skip-networking'], input)
}

async function mariadbShare({ path, args, env }: ServerProgram): Promise<string> {
  const help = await runProgram({ path, args: [...args, '--verbose', '--help'], env }, { deadlineMs: INITIALIZE_DEADLINE_MS })
  const share = /^lc-messages-dir +(\S.*)$/m.exec(help.stdout)?.[1]
  if (share === undefined) throw new Error(`${path} does not tell where its system tables are`)
  return share.trim()
}

async function initializeMysql(server: ServerProgram, data: string, bootstrap: Bootstrap): Promise<void> {
  // Beside the data folder, which must be empty, in a folder that is ours alone.
  const initFile = join(data, '../bootstrap.sql')
  await writeFile(initFile, `${bootstrapStatements(server.flavour, bootstrap).join('\n')}\n`, { mode: 0o600 })
  await runInitialization(server, data, initializing(initFile))
  await rm(initFile)
}

/** Options for the run of a MySQL that fills an empty folder and ends. */
export function initializeOptions(data: string, initFile: string): string[] {
  return [...storageOptions('mysql', data), ...UNSAFE_BUT_QUICK, ...initializing(initFile)]
}

function initializing(initFile: string): string[] {
  return ['--initialize-insecure', `--init-file=${initFile}`]
}

async function runInitialization(server: ServerProgram, data: string, own: readonly string[], input = ''): Promise<void> {
  const args = [...server.args, ...storageOptions(server.flavour, data), ...UNSAFE_BUT_QUICK, ...own]
  const { status, stderr } = await runProgram(
    { path: server.path, args, env: server.env },
    { deadlineMs: INITIALIZE_DEADLINE_MS, input },
  )
  if (status !== 0) throw new Error(firstError(stderr) ?? `${server.path} ended with status ${status}`)
}

function firstError(log: string): string | undefined {
  return log
    .split('\n')
    .find((line) => /\[ERROR\]|^ERROR/.test(line))
    ?.trim()
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}
