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

const NEW_LINE = 0x0a

/** `<version> <checksum> <fillMs> <filledAt> <expiresAt>`, a line break, and the JSON as it is sent. The checksum is of all that follows it. */
export function encodeEntry({ version, fillMs, filledAt, expiresAt, json }: Entry): Buffer {
  const rest = Buffer.from(`${fillMs} ${filledAt} ${expiresAt}\n${json ?? ''}`)
  return Buffer.concat([Buffer.from(`${version} ${crc32(rest)} `), rest])
}

/** Undefined for anything that `encodeEntry` did not write. */
export function decodeEntry(bytes: Buffer): Entry | undefined {
  const end = bytes.indexOf(NEW_LINE)
  const head = end > 0 && end < MOST_HEAD_BYTES ? bytes.toString('latin1', 0, end) : ''
  const [version, checksum, fillMs, filledAt, expiresAt, ...more] = head.split(' ')
  if (!version || !checksum || !fillMs || !filledAt || !expiresAt || more.length > 0) return undefined
  if (crc32(bytes.subarray(version.length + checksum.length + 2)) !== Number(checksum)) return undefined
  const json = end + 1 < bytes.length ? bytes.toString('utf8', end + 1) : undefined
  return { version, fillMs: Number(fillMs), filledAt: Number(filledAt), expiresAt: Number(expiresAt), json }
}

const MOST_HEAD_BYTES = 100
