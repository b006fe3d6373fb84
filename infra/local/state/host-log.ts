import { closeSync, copyFileSync, existsSync, openSync, readdirSync, readSync, renameSync, statSync, truncateSync } from 'node:fs'
import path from 'node:path'

const ROTATE_AT_BYTES = 20 * 1024 * 1024
const TAIL_BYTES = 8 * 1024

/** The file to which every program of a host appends. */
export function hostLog(folder: string, host: string): string {
  return path.join(folder, `${host}.log`)
}

/** Keeps one older log of a host, so that logs never grow without end. For use between runs, when nobody writes. */
export function rotateLog(file: string): void {
  if (logSize(file) > ROTATE_AT_BYTES) renameSync(file, olderLog(file))
}

/**
 * The same for all logs of a stage while its programs write. They keep the file open and append, so it must stay the same file:
 * it is copied and emptied, and what is written in between is lost.
 */
export function limitLogs(folder: string, limitBytes = ROTATE_AT_BYTES): void {
  const logs = readdirSync(folder).filter((name) => name.endsWith('.log'))
  for (const file of logs.map((name) => path.join(folder, name))) {
    if (logSize(file) <= limitBytes) continue
    try {
      copyFileSync(file, olderLog(file))
    } finally {
      // On a full disk as well, which needs it most.
      truncateSync(file)
    }
  }
}

/** Nor may a full disk, on which no older log can be kept, end whoever limits them. */
export function limitLogsIfPossible(folder: string): void {
  try {
    limitLogs(folder)
  } catch (error) {
    console.error(`${new Date().toISOString()} the logs could not be limited: ${(error as Error).message}`)
  }
}

function olderLog(file: string): string {
  return `${file}.1`
}

export function logSize(file: string): number {
  return existsSync(file) ? statSync(file).size : 0
}

/** The last lines that were written behind `offset` (bytes), for an error message. */
export function lastLines(file: string, offset: number, count = 8): string[] {
  const size = logSize(file)
  // An offset beyond the end is from before the log was emptied.
  const from = Math.max(offset > size ? 0 : offset, size - TAIL_BYTES)
  if (size <= from) return []
  const buffer = Buffer.alloc(size - from)
  const handle = openSync(file, 'r')
  try {
    readSync(handle, buffer, 0, buffer.length, from)
  } finally {
    closeSync(handle)
  }
  return buffer.toString('utf8').split('\n').filter(Boolean).slice(-count)
}
