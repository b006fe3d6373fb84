export const SLOTS = 16_384

/** The slot of a key in a Redis Cluster: of its hash tag, where it has one. */
export function slotOf(key: string): number {
  return crc16(Buffer.from(tagOf(key))) % SLOTS
}

/** Between the first brace and the next that closes it, unless there is nothing between them. */
function tagOf(key: string): string {
  return /^[^{]*\{([^}]+)\}/s.exec(key)?.[1] ?? key
}

/** CRC-16/XMODEM, a byte at a time. */
function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ (OF_BYTE[(crc >> 8) ^ byte] ?? 0)
  return crc
}

const OF_BYTE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
  return crc
})
