import { expect, test } from 'vitest'
import { parseUse } from './containers.ts'

test.each([
  ['7893841134d4\t0.68%\t8.582MiB / 128MiB', { cpuMsPerS: 6.8, memoryMiB: 8.582 }],
  ['7893841134d4\t120.5%\t1.5GiB / 2GiB', { cpuMsPerS: 1_205, memoryMiB: 1_536 }],
  ['7893841134d4\t0.00%\t512KiB / 128MiB', { cpuMsPerS: 0, memoryMiB: 0.5 }],
  ['7893841134d4\t--\t-- / --', { cpuMsPerS: null, memoryMiB: null }],
])('reads what Docker says a container takes: %s', (row, use) => {
  const [id, parsed] = parseUse(row)
  expect({ id, ...parsed }).toEqual({
    id: '7893841134d4',
    ...use,
    cpuMsPerS: use.cpuMsPerS === null ? null : expect.closeTo(use.cpuMsPerS),
  })
})
