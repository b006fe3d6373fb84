import { expect, it, onTestFinished, vi } from 'vitest'
import { endProcesses, signalGroup } from './process-group.ts'
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

it('signals nobody who is not there, and no stranger', async () => {
  const stranger = await testProcess(SLEEP)
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
  onTestFinished(() => kill.mockRestore())
  // To the kernel 0 is our own group.
  signalGroup({ pid: 0, startTime: '' }, 'SIGKILL')
  signalGroup({ pid: stranger.pid, startTime: 'of another process' }, 'SIGKILL')
  expect(kill).not.toHaveBeenCalled()
  signalGroup(stranger, 'SIGKILL')
  expect(kill).toHaveBeenCalledExactlyOnceWith(-stranger.pid, 'SIGKILL')
})

it('sees itself in the process table', () => {
  expect(allProcesses().map(({ pid }) => pid)).toContain(process.pid)
})
