import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { testFolder } from '../../process/test-folder.ts'
import { SLEEP, testProcess } from '../../process/test-process.ts'
import { liveRunner, takeStageLock } from './stage-lock.ts'

it('is had by one at a time, and given back', () => {
  const file = path.join(testFolder(), 'runner.lock')
  const unlock = takeStageLock(file, '1-single-node')
  expect(() => takeStageLock(file, '1-single-node')).toThrow(
    `stage 1-single-node is already running, started by process ${process.pid}`,
  )
  unlock()
  expect(existsSync(file)).toBe(false)
  takeStageLock(file, '1-single-node')()
})

it('is not had while another process lives that holds it', async () => {
  const file = path.join(testFolder(), 'runner.lock')
  const { pid, startTime } = await testProcess(SLEEP)
  writeFileSync(file, JSON.stringify({ pid, startTime }))
  expect(() => takeStageLock(file, '2-split-database')).toThrow(`by process ${pid}; "npm stop -- 2"`)
  expect(liveRunner(file)?.pid).toBe(pid)
})

it.each(['{"pid":1,"startTime":"long ago"}', 'torn', ''])('is taken from a dead holder: %s', (text) => {
  const file = path.join(testFolder(), 'runner.lock')
  writeFileSync(file, text)
  takeStageLock(file, '1-single-node')
  expect(liveRunner(file)?.pid).toBe(process.pid)
})
