import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const MOST_WORDS = 25

const root = join(import.meta.dirname, '../..')
const rows = readFileSync(join(root, 'stages/glossary.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| (?!word )[a-z]/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
const words = rows.map(([, word = '']) => word)

test(`at most ${MOST_WORDS} words, each once and where one looks for it`, () => {
  expect(words.length).toBeGreaterThan(0)
  expect(words.length).toBeLessThanOrEqual(MOST_WORDS)
  expect(words).toEqual([...new Set(words)].sort())
})

test('the README leads to it', () => {
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain('](stages/glossary.md)')
})

describe.each(rows)('%s%s', (_, word = '', meaning = '', where = '') => {
  test('has one sense, in one sentence', () => {
    expect(meaning).toMatch(/^[A-Z][^.]+\.$/)
  })

  test('is a word of the code that it names', () => {
    const files = [...where.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file)
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) {
      expect(existsSync(join(root, file)), file).toBe(true)
      expect(lettersOf(file + readFileSync(join(root, file), 'utf8')).includes(lettersOf(word)), file).toBe(true)
    }
  })
})

/** `log position`, `LogPosition` and `log-position` are one word. */
function lettersOf(text: string): string {
  return text.toLowerCase().replace(/[^a-z]/g, '')
}
