import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { expect, test, vi } from 'vitest'
import { exposeLoopDelay, noteWork } from './loop-delay.ts'

const registry = new Registry()
exposeLoopDelay(registry)

const delays = async () => (await registry.metrics()).split('\n').filter((line) => line.startsWith('outgrow_loop_delay'))

/** Time for three of the monitor's turns. */
async function delaysOf300Ms(): Promise<string[]> {
  await delays()
  await sleep(300)
  return delays()
}

test('is told of a process that works, and no more when it has rested', async () => {
  expect(await delays()).toEqual([])
  noteWork()
  await vi.waitFor(async () => expect(await delays()).toHaveLength(3), { timeout: 5_000, interval: 300 })
  await vi.waitFor(async () => expect(await delaysOf300Ms()).toEqual([]), { timeout: 10_000, interval: 500 })
  noteWork()
  await vi.waitFor(async () => expect(await delays()).toHaveLength(3), { timeout: 5_000, interval: 300 })
})
