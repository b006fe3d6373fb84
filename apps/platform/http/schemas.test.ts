import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Compile } from 'typebox/schema'
import { expect, test } from 'vitest'
import { Id, Line } from './schemas.ts'

const line = Compile(Line(20))

test.each(['A', 'Zoë 学 🛒', 'e\u0301 \u202eRTL', '\ud7ff\ue000\ufffd', '👩‍👩‍👧', '\u{10ffff}'])('%j is a line', (text) => {
  expect(line.Check(text)).toBe(true)
})

test.each(['', 'a\nb', 'a\0b', '\x1f', '\x7f', 'a\u0085b', '\ud800', 'a\udfff', '\udc00\ud800'])('%j is none', (text) => {
  expect(line.Check(text)).toBe(false)
})

test('its pattern can be read by those who have no halves of pairs', () => {
  expect(JSON.stringify(Line(20))).not.toMatch(/\\u/)
})

test('an id is no longer than the columns that ids are kept in: a longer one is refused before any statement', () => {
  const root = join(import.meta.dirname, '../../..')
  const widths = globSync('apps/*/**/schema.sql', { cwd: root })
    .flatMap((file) => readFileSync(join(root, file), 'utf8').match(/^\s+(?:product|order|user)_id\s+VARCHAR\(\d+\)/gm) ?? [])
    .map((column) => Number(/\d+/.exec(column)?.[0]))
  expect(widths.length).toBeGreaterThan(5)
  expect(new Set(widths)).toEqual(new Set([Object(Id).maxLength]))
})
