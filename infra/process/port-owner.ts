import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { commandLine, procNumbers } from './process-table.ts'

const COMMAND_LENGTH = 120
const LISTENING = '0A'

/** Says for people which process listens on a TCP port. */
export function portOwner(port: number): string {
  const pid = process.platform === 'linux' ? procOwner(port) : lsofOwner(port)
  return pid === undefined ? "another user's process" : `process ${pid} (${commandLine(pid).slice(0, COMMAND_LENGTH)})`
}

function procOwner(port: number): number | undefined {
  const sockets = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningInodes(table, port)).map((inode) => `socket:[${inode}]`),
  )
  return sockets.size === 0 ? undefined : procNumbers().find((pid) => openFiles(pid).some((file) => sockets.has(file)))
}

/** Columns of /proc/net/tcp: 1 local address:port in hex, 3 state, 9 inode. */
function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = readLines(table).map((line) => line.trim().split(/\s+/))
  return rows.flatMap((row) => (row[1]?.endsWith(suffix) && row[3] === LISTENING && row[9] ? [row[9]] : []))
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}

function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`
  try {
    return readdirSync(folder).map((name) => linkTarget(`${folder}/${name}`))
  } catch {
    return []
  }
}

function linkTarget(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    return ''
  }
}

function lsofOwner(port: number): number | undefined {
  try {
    const pid = execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fp'], { encoding: 'utf8' }).match(/^p(\d+)/m)?.[1]
    return pid === undefined ? undefined : Number(pid)
  } catch {
    return undefined
  }
}
