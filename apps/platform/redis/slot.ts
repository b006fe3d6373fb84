/** In which of a Cluster's slots a key is: all keys with one tag are in one. */

import { SLOTS } from '../../../infra/redis/cluster-record.ts'

export function slotOf(key: string): number {
  let crc = 0
  for (const byte of Buffer.from(hashTag(key))) crc = ((crc << 8) & 0xffff) ^ (CRC16[(crc >> 8) ^ byte] ?? 0)
  return crc % SLOTS
}

/** What is between its first braces counts; where that is nothing, or there are none, all of the key. */
export function hashTag(key: string): string {
  const start = key.indexOf('{')
  const end = start < 0 ? -1 : key.indexOf('}', start + 1)
  return end > start + 1 ? key.slice(start + 1, end) : key
}

/** CRC-16/XMODEM, as the Cluster specification has it. */
const CRC16 = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
  return crc
})
