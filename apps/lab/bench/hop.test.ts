import { expect, test } from 'vitest'
import { measureHop } from './hop.ts'

test('a hop of ours is measured beside a bare one', async () => {
  const { cpuUs, bareCpuUs, ratio } = await measureHop(1, { calls: 400, mostWarmUps: 2 })
  expect(cpuUs).toBeGreaterThan(0)
  expect(bareCpuUs).toBeGreaterThan(0)
  expect(ratio).toBe(cpuUs / bareCpuUs)
})
