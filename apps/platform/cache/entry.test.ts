import { expect, test } from 'vitest'
import { decodeEntry, encodeEntry } from './entry.ts'

const times = { fillMs: 12, filledAt: 1_789_999_700_000, expiresAt: 1_790_000_000_000 }
const entry = { version: 'AbC_-9', ...times, json: '{"name":"Größe 🛒\\n"}' }

test('what was encoded is decoded, also where there is nothing', () => {
  expect(decodeEntry(encodeEntry(entry))).toEqual(entry)
  expect(decodeEntry(encodeEntry({ ...entry, json: undefined }))).toEqual({ ...entry, json: undefined })
})

test('a byte that changed anywhere is noticed, but in the version, which is compared', () => {
  const good = encodeEntry(entry)
  for (let at = 0; at < good.length; at++) {
    const bad = Buffer.from(good)
    bad[at] = (bad[at] ?? 0) ^ 4
    const decoded = decodeEntry(bad)
    expect(decoded === undefined || decoded.version !== entry.version, `byte ${at}`).toBe(true)
  }
})

test('any shortened entry is noticed', () => {
  const good = encodeEntry(entry)
  for (let length = 0; length < good.length; length++)
    expect(decodeEntry(good.subarray(0, length)), `${length} bytes`).toBe(undefined)
})
