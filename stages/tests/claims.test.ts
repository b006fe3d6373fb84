import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const rows = readFileSync(join(import.meta.dirname, '../claims.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| [A-R]\d+ \|/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))

test('each row is claimed once and says where it is shown', () => {
  const tags = rows.map(([, tag]) => tag)
  expect(tags.length).toBeGreaterThan(20)
  expect(new Set(tags).size).toBe(tags.length)
  expect(rows.filter(([, , , where]) => !where)).toEqual([])
})

test('everything that it names is there', () => {
  const files = rows.flatMap(([, , , where = '']) => [
    ...[...where.matchAll(/`([^`]+)`/g)].map(([, name = '']) => join(root, name)),
    ...[...where.matchAll(/\]\(([^)]+)\)/g)].map(([, name = '']) => join(import.meta.dirname, '..', name)),
  ])
  expect(files.filter((file) => !existsSync(file))).toEqual([])
})
