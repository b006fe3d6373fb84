import { type FileHandle, mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { groupedWrites } from './grouped-writes.ts'

let folder: string
let path: string
let file: FileHandle

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outgrow-writes-'))
  path = join(folder, 'file')
  file = await open(path, 'a')
})
afterEach(async () => {
  await file.close()
  await rm(folder, { recursive: true })
})

test('lines that wait are forced to disk together, in their order', async () => {
  let syncs = 0
  const counted = {
    appendFile: file.appendFile.bind(file),
    truncate: file.truncate.bind(file),
    datasync: () => {
      syncs += 1
      return file.datasync()
    },
  }
  const write = groupedWrites(counted, 0)
  const lines = Array.from({ length: 100 }, (_, index) => `${index}\n`)
  const first = write(lines[0] ?? '')
  await Promise.resolve()
  await Promise.all([first, ...lines.slice(1).map(write)])
  expect(await readFile(path, 'utf8')).toBe(lines.join(''))
  expect(syncs).toBeLessThanOrEqual(2)
})

test('half a line on a full disk is refused and cut off before the next', async () => {
  let full = true
  const failing = {
    truncate: file.truncate.bind(file),
    datasync: file.datasync.bind(file),
    appendFile: async (text: string) => {
      await file.appendFile(full ? text.slice(0, 3) : text)
      if (full) throw new Error('ENOSPC')
    },
  }
  const write = groupedWrites(failing as unknown as FileHandle, 0)
  await expect(write('lost line\n')).rejects.toThrow('ENOSPC')
  full = false
  await write('good line\n')
  expect(await readFile(path, 'utf8')).toBe('good line\n')
})
