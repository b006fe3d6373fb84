import fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { workMore } from './extra-work.ts'

/** Long, as the rest of a request takes its own on a machine out of breath. */
const WORK_MS = 150

async function cpuMsOf(workMs: number, path: string): Promise<number> {
  const app = fastify()
  onTestFinished(() => app.close())
  workMore(app, workMs)
  for (const route of ['/products/:id', '/health/live', '/internal/stock']) app.get(route, () => ({}))
  await app.inject('/health/live')
  const startedAt = process.threadCpuUsage()
  expect((await app.inject(path)).statusCode).toBe(200)
  const { user, system } = process.threadCpuUsage(startedAt)
  return (user + system) / 1_000
}

test('a request of a shopper costs that much more', async () => {
  expect(await cpuMsOf(WORK_MS, '/products/1')).toBeGreaterThanOrEqual(WORK_MS)
})

test.each([
  [WORK_MS, '/health/live'],
  [WORK_MS, '/internal/stock'],
  [0, '/products/1'],
])('and nothing else does: %i ms, %s', async (workMs, path) => {
  expect(await cpuMsOf(workMs, path)).toBeLessThan(WORK_MS)
})
