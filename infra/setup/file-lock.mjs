/**
 * A lock file, so that two starts at once do one piece of work once. It is plain JavaScript because
 * `ensure-dependencies.mjs` needs it before anything is installed, on whatever Node there is.
 */

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { link, mkdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 200
/** A takeover is over in a millisecond or two. */
const TAKEOVER_POLL_MS = 5
/** Longer than the few file operations of a takeover can last; after that its maker is gone. */
const TAKEOVER_LIMIT_MS = 10_000

/**
 * Runs `work` while this process holds the lock file. A lock whose process has ended is taken over.
 * Throws when another process still holds it after `deadlineMs`.
 */
export async function withFileLock(path, { deadlineMs, onWait = () => {} }, work) {
  await acquire(path, deadlineMs, onWait)
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}

/**
 * Takes the lock, over from a process that has ended too; answers false while a living one holds it. How processes are told
 * apart is the caller's word, which whoever reads the lock must share.
 */
export async function tryFileLock(path, processes = PROCESSES) {
  await mkdir(dirname(path), { recursive: true })
  while (!(await tryCreate(path, processes))) {
    const holder = await readHolder(path)
    if (holder !== undefined && processes.isRunning(holder)) return false
    if (holder !== undefined) await removeStale(path, processes)
  }
  return true
}

async function acquire(path, deadlineMs, onWait) {
  const endsAt = Date.now() + deadlineMs
  for (let waited = false; !(await tryFileLock(path)); waited = true) {
    const holder = await readHolder(path)
    if (!waited) onWait(holder?.pid)
    if (Date.now() >= endsAt) throw new Error(`process ${holder?.pid ?? '?'} has held ${path} for over ${deadlineMs / 1000} s`)
    await sleep(POLL_MS)
  }
}

/** Linking a finished file makes the lock appear with its content in one step. */
async function tryCreate(path, { own: identity }) {
  const own = `${path}.${randomUUID()}`
  await writeFile(own, JSON.stringify(identity()), { mode: 0o600 })
  try {
    await link(own, path)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  } finally {
    await unlink(own)
  }
}

async function readHolder(path) {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    if (error instanceof SyntaxError) return { pid: 0, startTime: '' }
    throw error
  }
}

/** Looks again inside a takeover of its own, so that of two who see a stale lock neither removes the other's new one. */
async function removeStale(path, { isRunning }) {
  const takeover = `${path}.takeover`
  try {
    await mkdir(takeover)
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (await isOld(takeover)) await rm(takeover, { recursive: true, force: true })
    await sleep(TAKEOVER_POLL_MS)
    return
  }
  try {
    const holder = await readHolder(path)
    if (holder !== undefined && !isRunning(holder)) await rm(path, { force: true })
  } finally {
    await rm(takeover, { recursive: true, force: true })
  }
}

async function isOld(path) {
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && Date.now() - found.mtimeMs > TAKEOVER_LIMIT_MS
}

/** A process id is used again after a while; together with its start time it is not. */
const PROCESSES = {
  own: () => ({ pid: process.pid, startTime: startTimeOf(process.pid) }),
  isRunning,
}

function isRunning({ pid, startTime }) {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (error.code === 'ESRCH') return false
  }
  return startTimeOf(pid) === startTime
}

/** Start time in clock ticks after boot where there is /proc, else an empty string. */
function startTimeOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
