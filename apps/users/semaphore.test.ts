import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { semaphore } from './semaphore.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const BUSY = expect.objectContaining({ code: 'UNAVAILABLE', retryAfterS: 2 })

/** Work that ends when it is told to. */
function heldWork() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { work: vi.fn(() => promise), finish: resolve }
}

test('lets so many in at once, and the next when one leaves', async () => {
  const enter = semaphore(2)
  const held = [heldWork(), heldWork(), heldWork()]
  const all = held.map(({ work }) => enter(work))
  await vi.advanceTimersByTimeAsync(0)
  expect(held.map(({ work }) => work.mock.calls.length)).toEqual([1, 1, 0])
  held[0]?.finish()
  await all[0]
  expect(held[2]?.work).toHaveBeenCalled()
  for (const { finish } of held) finish()
  await Promise.all(all)
})

test('gives the place on when the work fails', async () => {
  const enter = semaphore(1)
  await expect(enter(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(await enter(async () => 'in')).toBe('in')
})

test('more than a hundred that wait are refused at once', async () => {
  const enter = semaphore(1)
  const { work, finish } = heldWork()
  const all = Array.from({ length: 101 }, () => enter(work))
  await expect(enter(work)).rejects.toEqual(BUSY)
  finish()
  await Promise.all(all)
})

test('who waits too long is refused, and takes no place any more', async () => {
  const enter = semaphore(1)
  const { work, finish } = heldWork()
  const first = enter(work)
  const late = vi.fn(async () => undefined)
  const refused = expect(enter(late)).rejects.toEqual(BUSY)
  await vi.advanceTimersByTimeAsync(3_000)
  await refused
  finish()
  await first
  expect(await enter(async () => 'in')).toBe('in')
  expect(late).not.toHaveBeenCalled()
})
