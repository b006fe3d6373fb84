import { expect, onTestFinished, test } from 'vitest'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { endOwned, spawnOwned } from '../../../infra/process/owned-process.ts'
import { bareAt, measureIdle } from './idle.ts'

function program(name: string, code: string) {
  const child = spawnOwned({ path: process.execPath, args: ['-e', code], env: { PATH: process.env.PATH } })
  onTestFinished(() => endOwned(child))
  return { name, kind: 'worker', pid: child.pid ?? 0, port: 0 }
}

test('a program that works at rest stands out beside a bare server', async () => {
  const busy = 'setInterval(() => { const until = performance.now() + 20; while (performance.now() < until); }, 50)'
  const programs = [program('busy', busy), program('quiet', 'setInterval(() => {}, 1_000)')]
  const state = { name: '4-made-up', programs } as unknown as StageState
  const result = await measureIdle(state, new AbortController().signal, { seconds: 2, roundMs: 250, most: 4 })
  const [first, second] = result.programs
  expect([first?.name, first?.askedPerS]).toEqual(['busy', 1])
  expect(first?.ratio).toBeGreaterThan(5)
  expect(second?.ratio).toBeLessThan((first?.ratio ?? 0) / 5)
  expect(result.bare.askedOnce).toBeGreaterThan(0)
})

test('the bare server at another rate is on the line through both that were measured', () => {
  expect([1, 3, 5, 9].map((perS) => bareAt(perS, 2, 6))).toEqual([2, 4, 6, 10])
  expect(bareAt(0, 2, 6)).toBe(2)
})
