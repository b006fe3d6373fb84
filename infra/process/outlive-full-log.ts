/**
 * A disk that is full must not end a program that could go on without its log. Node's own streams end the process at the second line that
 * cannot be written, and write no more once there is room again; pino's tries the same line for ever. Here such a line is lost, and no more.
 */
import { Console } from 'node:console'
import { writeSync } from 'node:fs'
import { Writable } from 'node:stream'

/** For pino, in place of its own. */
export const logStream = { write: (line: string) => writeOrLose(1, line) }

/** Once, before a program writes its first line: from then on its console outlives a log that cannot be written. */
export function outliveFullLog(): void {
  globalThis.console = new Console({ stdout: streamTo(1), stderr: streamTo(2) })
}

function streamTo(file: number): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      writeOrLose(file, chunk)
      done()
    },
  })
}

function writeOrLose(file: number, text: string | Buffer): void {
  try {
    writeSync(file, typeof text === 'string' ? Buffer.from(text) : text)
  } catch {
    // Where could it be told?
  }
}
