import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { testFolder } from '../../process/test-folder.ts'
import { liftLimit, makeGroup } from './cgroup.ts'

it.each([
  [0.15, '1500 10000'],
  [2, '20000 10000'],
  // The kernel refuses quotas below 1 ms, so the period grows instead.
  [0.01, '1000 100000'],
])('writes %d CPU in the form of version 2', (cpu, text) => {
  const parent = { version: 2, folder: testFolder() } as const
  const group = makeGroup(parent, 'outgrow-node', cpu)
  expect(readFileSync(path.join(group, 'cpu.max'), 'utf8')).toBe(text)
  liftLimit(parent, group)
  expect(readFileSync(path.join(group, 'cpu.max'), 'utf8')).toMatch(/^max /)
})

it('writes 0.15 CPU in the form of version 1', () => {
  const parent = { version: 1, folder: testFolder() } as const
  mkdirSync(path.join(parent.folder, 'outgrow-node'))
  const group = makeGroup(parent, 'outgrow-node', 0.15)
  const read = (name: string) => readFileSync(path.join(group, name), 'utf8')
  expect([read('cpu.cfs_period_us'), read('cpu.cfs_quota_us')]).toEqual(['10000', '1500'])
  liftLimit(parent, group)
  expect(read('cpu.cfs_quota_us')).toBe('-1')
})
