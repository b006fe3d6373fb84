import { expect, onTestFinished, test } from 'vitest'
import { endOwned, spawnOwned } from '../../../infra/process/owned-process.ts'
import { programUses } from './program-use.ts'

function program(code: string): number {
  const child = spawnOwned({ path: process.execPath, args: ['-e', code], env: { PATH: process.env.PATH } })
  onTestFinished(() => endOwned(child))
  return child.pid ?? 0
}

const HOLD = 'const held = Buffer.alloc(200 * 1024 * 1024, 1); setInterval(() => held[0]++, 1_000)'
const BURN = 'for (;;);'
const REST = 'setInterval(() => {}, 1_000_000)'

test('memory and CPU are those of each program, with all that it started', async () => {
  const pids = [HOLD, BURN, REST].map(program)
  await expect.poll(async () => (await programUses(pids.slice(0, 1), 10))[0]?.memoryMiB, { timeout: 20_000 }).toBeGreaterThan(200)
  const [holding, burning, resting] = await programUses(pids, 1_000)
  expect(holding?.memoryMiB).toBeGreaterThan(150 + (resting?.memoryMiB ?? 0))
  expect(burning?.cpuMsPerS).toBeGreaterThan(5 * (resting?.cpuMsPerS ?? Number.NaN))
})

test('a program that has ended uses nothing that could be told', async () => {
  expect(await programUses([2 ** 22 + 1], 1)).toEqual([{ memoryMiB: null, cpuMsPerS: null }])
})
