import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { testFolder } from '../../process/test-folder.ts'
import { SLEEP, testProcess } from '../../process/test-process.ts'
import { findCgroupParent, groupsNamed } from './cgroup.ts'
import { groupPrefix, hostSizer } from './size.ts'

const BUSY = 'setInterval(() => { for (const end = Date.now() + 50; Date.now() < end; ); }, 1)'
const WITHIN = { timeout: 20_000, interval: 50 }
const parent = findCgroupParent()

it.skipIf(!parent)('holds two programs of one host to its size, and leaves nothing behind', async () => {
  const folder = testFolder()
  const sizer = hostSizer(folder)
  if (!sizer || !parent) throw new Error('unreachable')
  onTestFinished(() => sizer.remove())
  const programs = [await testProcess(BUSY), await testProcess(SLEEP)]
  const group = sizer.limit(
    'node',
    0.15,
    programs.map(({ pid }) => pid),
  )
  expect(readFileSync(path.join(group, 'cgroup.procs'), 'utf8').trim().split('\n').map(Number).sort()).toEqual(
    programs.map(({ pid }) => pid).sort(),
  )
  await vi.waitFor(
    () => expect(Number(/nr_throttled (\d+)/.exec(readFileSync(path.join(group, 'cpu.stat'), 'utf8'))?.[1])).toBeGreaterThan(5),
    WITHIN,
  )
  const again = sizer.wrap('node', { path: '/bin/cat', args: ['/proc/self/cgroup', '/proc/self/comm'], env: {} })
  const born = execFileSync(again.path, again.args, { env: { ...process.env, ...again.env }, encoding: 'utf8' })
  expect(born).toContain(path.basename(group))
  expect(born).toMatch(/^cat$/m)
  for (const { child } of programs) child.kill('SIGKILL')
  await Promise.all(programs.map(({ ended }) => ended))
  // A sizer made later, as after a killed run, knows the group by its name.
  await hostSizer(folder)?.remove()
  expect(existsSync(group)).toBe(false)
  expect(groupsNamed(parent, groupPrefix(folder))).toEqual([])
})

it.skipIf(!parent)('takes the limits off and puts them back', () => {
  const sizer = hostSizer(testFolder())
  onTestFinished(() => sizer?.remove())
  const group = sizer?.limit('node', 0.15, []) ?? ''
  const quota = () => readFileSync(path.join(group, parent?.version === 2 ? 'cpu.max' : 'cpu.cfs_quota_us'), 'utf8')
  const limited = quota()
  sizer?.lift()
  expect(quota()).not.toBe(limited)
  sizer?.restore()
  expect(quota()).toBe(limited)
})

it.skipIf(!parent)('takes sizes below a tenth of a CPU', () => {
  const sizer = hostSizer(testFolder())
  onTestFinished(() => sizer?.remove())
  expect(existsSync(sizer?.limit('tiny', 0.01, []) ?? '')).toBe(true)
})
