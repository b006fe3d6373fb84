import { createReadStream, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { logSize } from '../../../infra/local/state/host-log.ts'

const FOLLOW_EVERY_MS = 200

/** The last lines of a log, and how far it was read, in bytes. */
export function endOfLog(file: string, count: number): { text: string; offset: number } {
  const bytes = readFileSync(file)
  const lines = bytes.toString('utf8').split('\n')
  // What follows the last line break is no line yet, or nothing.
  return { text: lines.slice(-count - 1).join('\n'), offset: bytes.length }
}

/** Hands on what is written behind `offset`, until the signal. A log that has become shorter was emptied, and is read from its start. */
export async function followLog(
  file: string,
  from: number,
  { write, signal }: { write: (chunk: Buffer) => void; signal: AbortSignal },
): Promise<void> {
  for (let offset = from; !signal.aborted; await sleep(FOLLOW_EVERY_MS, undefined, { signal }).catch(() => {})) {
    const size = logSize(file)
    if (size < offset) offset = 0
    if (size === offset) continue
    for await (const chunk of createReadStream(file, { start: offset, end: size - 1 })) {
      write(chunk)
      offset += chunk.length
    }
  }
}
