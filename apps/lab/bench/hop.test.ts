import { expect, test } from 'vitest'
import { measureHop } from './hop.ts'

test('a hop of ours is measured beside a bare one, which costs less', async () => {
  const { cpuUs, bareCpuUs, ratio } = await measureHop(3, { calls: 400, warmUp: 400 })
  expect(bareCpuUs).toBeGreaterThan(0)
  expect(cpuUs).toBeGreaterThan(bareCpuUs)
  expect(ratio).toBeGreaterThan(1)
})
