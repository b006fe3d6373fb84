import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { inDoubtChanges } from './in-doubt.ts'

const AGAIN_MS = 5_000
const PLACE = {}
const change = (token: string) => ({ keys: [`version-of-${token}`], token, place: PLACE })

const suspend = vi.fn(async () => {})
const renew = vi.fn(async () => {})
const start = () => inDoubtChanges({ suspend, renew, againAfterMs: AGAIN_MS, giveUpAfterMs: 60_000 })

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }))
afterEach(() => {
  vi.useRealTimers()
  vi.clearAllMocks()
})

test('what nobody knows the end of is suspended again and again, until a later change is committed', async () => {
  const inDoubt = start()
  const before = performance.now()
  inDoubt.add(change('a'))
  vi.advanceTimersByTime(3 * AGAIN_MS)
  expect(suspend.mock.calls).toEqual([[change('a')], [change('a')], [change('a')]])
  await inDoubt.resolve(PLACE, before)
  expect(renew, 'that one may have been committed earlier').not.toHaveBeenCalled()
  await inDoubt.resolve({}, performance.now())
  expect(renew, 'what is committed elsewhere says nothing').not.toHaveBeenCalled()
  await inDoubt.resolve(PLACE, performance.now())
  expect(renew.mock.calls).toEqual([[change('a')]])
  vi.advanceTimersByTime(2 * AGAIN_MS)
  expect(suspend).toHaveBeenCalledTimes(3)
  expect(vi.getTimerCount()).toBe(0)
})

test('its owner is known to have seen it before anybody may fill what it changed', async () => {
  const told: string[] = []
  const inDoubt = inDoubtChanges({
    ...{ suspend, againAfterMs: AGAIN_MS, giveUpAfterMs: 60_000 },
    renew: async () => void told.push('renewed'),
  })
  inDoubt.add({ ...change('a'), sawIt: async () => void told.push('seen') })
  await inDoubt.resolve(PLACE, performance.now() + 1)
  expect(told).toEqual(['seen', 'renewed'])
})

test('it is given up after a while, and where there are too many the oldest', () => {
  const inDoubt = start()
  for (let count = 0; count <= 10_000; count++) inDoubt.add(change(`${count}`))
  vi.advanceTimersByTime(AGAIN_MS)
  expect(suspend).toHaveBeenCalledTimes(10_000)
  expect(suspend).not.toHaveBeenCalledWith(change('0'))
  vi.advanceTimersByTime(100_000)
  expect(vi.getTimerCount()).toBe(0)
})
