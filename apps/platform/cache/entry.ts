import { crc32 } from 'node:zlib'

/** What Redis keeps of one answer. */
export type Entry = {
  /** Of what it was filled under: it counts for as long as that is the current one. */
  readonly version: string
  /** Milliseconds that reading it from the database took. */
  readonly fillMs: number
  /** When that began, in milliseconds since 1970, by the clock of the app that filled it. */
  readonly filledAt: number
  /** By the same clock. */
  readonly expiresAt: number
  /** The answer; undefined stands for "there is no such thing". */
  readonly json: string | undefined
}

const SPACE = 0x20
const NEW_LINE = 0x0a
const ZERO = 0x30
const NINE = 0x39

/** `<version> <checksum> <fillMs> <filledAt> <expiresAt>`, a line break, and the JSON as it is sent. The checksum is of all that follows it. */
export function encodeEntry({ version, fillMs, filledAt, expiresAt, json }: Entry): Buffer {
  const rest = Buffer.from(`${fillMs} ${filledAt} ${expiresAt}\n${json ?? ''}`)
  return Buffer.concat([Buffer.from(`${version} ${crc32(rest)} `), rest])
}

/** Undefined for anything that `encodeEntry` did not write. */
export function decodeEntry(bytes: Buffer): Entry | undefined {
  const head = new Head(bytes)
  const version = head.word()
  const checksum = head.number(SPACE)
  const { at } = head
  const [fillMs, filledAt, expiresAt] = [head.number(SPACE), head.number(SPACE), head.number(NEW_LINE)]
  // One that is none makes the sum none.
  if (version === '' || Number.isNaN(checksum + fillMs + filledAt + expiresAt)) return undefined
  if (crc32(bytes.subarray(at)) !== checksum) return undefined
  const json = head.at < bytes.length ? bytes.toString('utf8', head.at) : undefined
  return { version, fillMs, filledAt, expiresAt, json }
}

const MOST_VERSION_BYTES = 50

/** Reads from left to right. Byte by byte, as every cached page is read so, and pieces of text would only be made to be thrown away. */
class Head {
  at = 0
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Up to a space, which is left behind; empty where there is none. */
  word(): string {
    const start = this.at
    while (this.#bytes[this.at] !== SPACE) {
      if (this.at - start >= MOST_VERSION_BYTES || this.at >= this.#bytes.length) return ''
      this.at += 1
    }
    this.at += 1
    return this.#bytes.toString('latin1', start, this.at - 1)
  }

  /** Digits up to this byte, which is left behind; NaN for anything else. */
  number(end: number): number {
    const start = this.at
    let value = 0
    for (let byte = this.#bytes[this.at]; byte !== end; byte = this.#bytes[this.at]) {
      if (byte === undefined || byte < ZERO || byte > NINE) return Number.NaN
      value = value * 10 + byte - ZERO
      this.at += 1
    }
    this.at += 1
    return this.at - 1 > start ? value : Number.NaN
  }
}
