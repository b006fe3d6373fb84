import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withFileLock } from './file-lock.mjs'

let folder: string
let lock: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outgrow-lock-test-'))
  lock = join(folder, 'deeper/work.lock')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('one at a time, and nothing is left', async () => {
  let inside = 0
  let most = 0
  const work = async (): Promise<void> => {
    inside += 1
    most = Math.max(most, inside)
    await sleep(5)
    inside -= 1
  }
  await Promise.all([1, 2, 3].map(() => withFileLock(lock, { deadlineMs: 20_000 }, work)))
  expect(most).toBe(1)
  expect(await readdir(join(folder, 'deeper'))).toEqual([])
})

test('is given back when the work fails', async () => {
  const failing = withFileLock(lock, { deadlineMs: 0 }, () => Promise.reject(new Error('no luck')))
  await expect(failing).rejects.toThrow('no luck')
  expect(await withFileLock(lock, { deadlineMs: 0 }, async () => 'done')).toBe('done')
})

test('a waiter gives up after its deadline', async () => {
  const waited: unknown[] = []
  const outer = withFileLock(lock, { deadlineMs: 0 }, () =>
    withFileLock(lock, { deadlineMs: 10, onWait: (pid) => waited.push(pid) }, async () => {}),
  )
  await expect(outer).rejects.toThrow(`process ${process.pid} has held ${lock}`)
  expect(waited).toEqual([process.pid])
})

/** No system gives out process ids this high. */
const NO_PROCESS = 2 ** 30

test.each([
  ['its process has ended', JSON.stringify({ pid: NO_PROCESS, startTime: '1' })],
  ['another process has its id now', JSON.stringify({ pid: process.pid, startTime: 'long ago' })],
  ['it is no lock file at all', 'half a li'],
])('is taken over when %s', async (_, content) => {
  await withFileLock(lock, { deadlineMs: 0 }, async () => {}) // Makes the folder.
  await writeFile(lock, content)
  expect(await withFileLock(lock, { deadlineMs: 20_000 }, async () => 'done')).toBe('done')
})
