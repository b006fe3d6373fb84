import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it, vi } from 'vitest'
import { isRunning } from '../../process/process-table.ts'
import { testFolder } from '../../process/test-folder.ts'
import { SLEEP, testProcess } from '../../process/test-process.ts'
import { liveRunner, takeStageLock } from './stage-lock.ts'

it('is had by one at a time, and given back', async () => {
  const file = path.join(testFolder(), 'runner.lock')
  const unlock = await takeStageLock(file, '1-single-node')
  await expect(takeStageLock(file, '1-single-node')).rejects.toThrow(
    `stage 1-single-node is already running, started by process ${process.pid}`,
  )
  unlock()
  expect(existsSync(file)).toBe(false)
  ;(await takeStageLock(file, '1-single-node'))()
})

it('is not had while another process lives that holds it', async () => {
  const file = path.join(testFolder(), 'runner.lock')
  const { pid, startTime } = await testProcess(SLEEP)
  writeFileSync(file, JSON.stringify({ pid, startTime }))
  await expect(takeStageLock(file, '2-split-database')).rejects.toThrow(`by process ${pid}; "npm stop -- 2"`)
  expect(liveRunner(file)?.pid).toBe(pid)
})

it.each(['{"pid":1,"startTime":"long ago"}', 'torn', ''])('is taken from a dead holder: %s', async (text) => {
  const file = path.join(testFolder(), 'runner.lock')
  writeFileSync(file, text)
  await takeStageLock(file, '1-single-node')
  expect(liveRunner(file)?.pid).toBe(process.pid)
})

it('is had by one of many that find a dead holder at the same moment', async () => {
  const folder = testFolder()
  const locks = Array.from({ length: ROUNDS }, (_, round) => path.join(folder, `${round}.lock`))
  for (const file of locks) writeFileSync(file, '{"pid":1,"startTime":"long ago"}')
  const startAt = Date.now() + 2_000
  const starters = Array.from({ length: 5 }, () => testProcess(starter(locks, startAt)))
  const started = await Promise.all(starters)
  await vi.waitFor(() => expect(readdirSync(folder).filter((name) => name.startsWith('over-'))).toHaveLength(5), WITHIN)
  const won = readdirSync(folder).filter((name) => name.startsWith('won-'))
  expect(won.map((name) => name.split('-')[1]).sort()).toEqual(locks.map((_, round) => String(round)).sort())
  expect(started.every(isRunning)).toBe(true)
})

const ROUNDS = 100
const WITHIN = { timeout: 40_000, interval: 50 }

/** Tries for every lock at its moment, and says which it got; it lives on, as a runner does. */
function starter(locks: readonly string[], startAt: number): string {
  const lock = path.join(import.meta.dirname, 'stage-lock.ts')
  return `
    const { writeFileSync } = require('node:fs')
    const { dirname } = require('node:path')
    const locks = ${JSON.stringify(locks)}
    import(${JSON.stringify(lock)}).then(async ({ takeStageLock }) => {
      for (const [round, file] of locks.entries()) {
        while (Date.now() < ${startAt} + round * 10);
        const got = await takeStageLock(file, '1-single-node').then(() => true, () => false)
        if (got) writeFileSync(dirname(file) + '/won-' + round + '-' + process.pid, '')
      }
      writeFileSync(dirname(locks[0]) + '/over-' + process.pid, '')
    })
    ${SLEEP}`
}
