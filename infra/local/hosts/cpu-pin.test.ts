import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { SLEEP, testProcess } from '../../process/test-process.ts'
import { onOneCpuEach, parseCpuList } from './cpu-pin.ts'
import type { HostSizer } from './host-sizer.ts'

const bare: HostSizer = {
  about: 'a test',
  wrap: (_host, command) => command,
  limit: (host) => host,
  restore: () => undefined,
  lift: () => {},
  remove: async () => {},
}
const sizer = onOneCpuEach(bare)

it('reads the list of CPUs as the kernel writes it', () => {
  expect(parseCpuList('0-1')).toEqual([0, 1])
  expect(parseCpuList('0-2,5,7-8')).toEqual([0, 1, 2, 5, 7, 8])
})

it.skipIf(sizer === bare)('fills a CPU before it takes the next, and starts programs again where their host is', async () => {
  const programs = await Promise.all([testProcess(SLEEP), testProcess(SLEEP), testProcess(SLEEP)])
  const [db = 0, app = 0, edge = 0] = programs.map(({ pid }) => pid)
  sizer.limit('db', 0.4, [db])
  sizer.limit('app', 0.4, [app])
  sizer.limit('edge', 0.4, [edge])
  const { path, args, env } = sizer.wrap('edge', { path: '/bin/grep', args: ['Cpus_allowed_list', '/proc/self/status'], env: {} })
  const born = execFileSync(path, args, { env: { ...process.env, ...env }, encoding: 'utf8' })
  expect(cpusOf(db)).toHaveLength(1)
  expect(cpusOf(app)).toEqual(cpusOf(db))
  expect(cpusOf(edge)).not.toEqual(cpusOf(db))
  expect(parseCpuList(born.split(/\s+/)[1] ?? '')).toEqual(cpusOf(edge))
})

it.skipIf(sizer === bare)('leaves a host that has more than one CPU where it is', async () => {
  const { pid } = await testProcess(SLEEP)
  sizer.limit('large', 1.5, [pid])
  expect(cpusOf(pid).length).toBeGreaterThan(1)
})

function cpusOf(pid: number): number[] {
  return parseCpuList(/^Cpus_allowed_list:\s+(\S+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '')
}
