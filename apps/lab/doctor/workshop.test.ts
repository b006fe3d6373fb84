import { expect, test } from 'vitest'
import { workshopFinding } from './workshop.ts'

const machine = { cpus: 2, freeMemoryMiB: 6_000, freeDiskMb: 20_000 }
const well = { subject: 'mysql', ok: true, detail: 'here' }

test('a machine that has all answers so, with what is left to fetch', () => {
  expect(workshopFinding([well], machine)).toEqual({
    subject: 'workshop',
    ok: true,
    detail: 'a whole one will work here: 2 CPUs, 6,000 MiB of memory and 20,000 MB of disk are free',
  })
  expect(workshopFinding([{ ...well, isFetched: true }], machine).detail).toMatch(
    /, once the network has brought mysql \(or a kit: /,
  )
})

test.each([
  [{ freeMemoryMiB: 900 }, '3,500 MiB of memory are needed, and there are 900'],
  [{ freeDiskMb: 100 }, '4,000 MB of disk are needed, and there are 100'],
  [{ cpus: 1 }, '2 CPUs are needed, and there are 1'],
])('what it lacks is named: %j', (less, text) => {
  const { ok, detail } = workshopFinding([well], { ...machine, ...less })
  expect([ok, detail]).toEqual([false, `a whole one will not work here: ${text}`])
})

test('so is each finding that is not well', () => {
  const { ok, detail } = workshopFinding(
    [well, { subject: 'stage 3', ok: false, detail: 'port 4003 is taken by nginx' }],
    machine,
  )
  expect([ok, detail]).toEqual([false, 'a whole one will not work here: what is said above of stage 3'])
})
