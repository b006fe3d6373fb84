import { expect, it } from 'vitest'
import { endProcesses } from './process-group.ts'
import { allProcesses, groupMembers, isRunning } from './process-table.ts'
import { IGNORE_TERM, SLEEP, testProcess } from './test-process.ts'

it('ends one that hears TERM', async () => {
  const target = await testProcess(SLEEP)
  expect(await endProcesses([target], { graceMs: 10_000 })).toHaveLength(1)
  expect(isRunning(target)).toBe(false)
})

it('kills the whole group of one that does not', async () => {
  const target = await testProcess(
    `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(IGNORE_TERM)}]); ${IGNORE_TERM}`,
  )
  expect(groupMembers(target.pid)).toHaveLength(2)
  await endProcesses([target], { graceMs: 50 })
  await target.ended
  expect(groupMembers(target.pid)).toEqual([])
})

it('wakes one that is stopped, so that it hears TERM', async () => {
  const target = await testProcess(SLEEP)
  process.kill(target.pid, 'SIGSTOP')
  await endProcesses([target], { graceMs: 10_000 })
  await target.ended
  expect(target.child.signalCode).toBe('SIGTERM')
})

it('never ends a stranger that has got the same number', async () => {
  const stranger = await testProcess(SLEEP)
  expect(await endProcesses([{ pid: stranger.pid, startTime: 'of another process' }], { graceMs: 50 })).toEqual([])
  expect(isRunning(stranger)).toBe(true)
})

it('sees itself in the process table', () => {
  expect(allProcesses().map(({ pid }) => pid)).toContain(process.pid)
})
