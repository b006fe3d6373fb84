import { expect, test } from 'vitest'
import { KEY_PREFIXES } from '../../../infra/redis/rights.ts'
import type { Key } from './key.ts'
import { isSmallEnough, KEYS, keyTable, LARGEST_VALUE_BYTES } from './keys.ts'

const keys = Object.entries<Key>(KEYS)

test.each(keys)('%s lies where the user of its role may go, and ends with its id', (_name, key) => {
  expect(key('17')).toMatch(new RegExp(`^${KEY_PREFIXES[key.role]}[a-z-]+(?::\\{17\\})?$`))
})

test('no two keys can meet', () => {
  expect(new Set(keys.map(([, key]) => key(''))).size).toBe(keys.length)
})

test('every key is in the table', () => {
  for (const [, key] of keys) expect(keyTable()).toContain(`| \`${key('…')}\` | ${key.role} | ${key.type} | ${key.tag} |`)
})

test('a value is measured in bytes', () => {
  expect(isSmallEnough('a'.repeat(LARGEST_VALUE_BYTES))).toBe(true)
  expect(isSmallEnough('a'.repeat(LARGEST_VALUE_BYTES + 1))).toBe(false)
  expect(isSmallEnough('€'.repeat(LARGEST_VALUE_BYTES / 2))).toBe(false)
})
