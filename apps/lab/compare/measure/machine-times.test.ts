import { expect, test } from 'vitest'
import { machineUse, parseTimes } from './machine-times.ts'

test('of the time between two readings of /proc/stat, the idle, the stolen and the part of the disk', () => {
  const before = parseTimes('cpu  100 0 50 800 40 0 10 0 0 0\ncpu0 1 2 3\n')
  const after = parseTimes('cpu  150 0 70 900 50 0 10 20 7 0\ncpu0 1 2 3\n')
  // 200 ticks: 50 user, 20 system, 100 idle, 10 for the disk, 20 stolen.
  expect(machineUse(before, after)).toEqual({ idleShare: 0.55, stolenShare: 0.1, diskShare: 0.05 })
})
