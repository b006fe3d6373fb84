import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { inStep } from './in-step.ts'

const EVERY_MS = 40

test('work that began at different times comes together, and no more often than it should', async () => {
  const beganAt = performance.now()
  const [one, other]: number[][] = [[], []]
  onTestFinished(inStep(EVERY_MS, () => one?.push(performance.now())))
  await sleep(EVERY_MS / 2)
  onTestFinished(inStep(EVERY_MS, () => other?.push(performance.now())))
  await expect.poll(() => other?.length, { interval: 5, timeout: 10_000 }).toBeGreaterThanOrEqual(4)
  for (const at of other ?? []) expect(Math.min(...(one ?? []).map((near) => Math.abs(near - at)))).toBeLessThan(EVERY_MS / 2)
  expect(one?.length).toBeLessThanOrEqual(Math.floor((performance.now() - beganAt) / EVERY_MS) + 1)
})

test('what was ended does nothing more', async () => {
  let turns = 0
  const end = inStep(10, () => {
    turns += 1
  })
  await expect.poll(() => turns, { interval: 2, timeout: 10_000 }).toBeGreaterThan(1)
  end()
  const before = turns
  await sleep(50)
  expect(turns).toBe(before)
})
