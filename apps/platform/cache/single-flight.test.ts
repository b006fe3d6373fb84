import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { beforeDeadline, refuseLate } from '../http/deadline.ts'
import { laterSingleFlight, singleFlight } from './single-flight.ts'

/** Work that ends when it is told to, and answers how many runs began before it. */
function runs() {
  const open: { resolve(): void; reject(error: Error): void }[] = []
  const work = () => {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const number = open.length
    open.push({ resolve: () => resolve(number), reject })
    return promise
  }
  return { work, open }
}

describe('a single flight', () => {
  test('answer all callers of one key with one run, and then forget it', async () => {
    const share = singleFlight()
    const { work, open } = runs()
    const calls = [share('a', work), share('a', work), share('b', work)]
    open[0]?.resolve()
    open[1]?.resolve()
    expect(await Promise.all(calls)).toEqual([0, 0, 1])
    const again = share('a', work)
    open[2]?.resolve()
    expect(await again).toBe(2)
  })

  test('fail for all who joined, and for nobody after', async () => {
    const share = singleFlight()
    const { work, open } = runs()
    const calls = [share('a', work), share('a', work)]
    open[0]?.reject(new Error('lost'))
    for (const { status } of await Promise.allSettled(calls)) expect(status).toBe('rejected')
    const again = share('a', work)
    open[1]?.resolve()
    expect(await again).toBe(1)
  })
})

describe('a later single flight', () => {
  test('let nobody join a run that has begun', async () => {
    const share = laterSingleFlight()
    const { work, open } = runs()
    const first = share('a', work)
    const [second, third] = [share('a', work), share('a', work)]
    expect(open).toHaveLength(1)
    open[0]?.resolve()
    expect(await first).toBe(0)
    await nextTurn()
    expect(open).toHaveLength(2)
    const fourth = share('a', work)
    open[1]?.resolve()
    expect(await Promise.all([second, third])).toEqual([1, 1])
    await nextTurn()
    open[2]?.resolve()
    expect(await fourth).toBe(2)
    const fifth = share('a', work)
    open[3]?.resolve()
    expect(await fifth).toBe(3)
  })

  test('begin the next run after one that failed', async () => {
    const share = laterSingleFlight()
    const { work, open } = runs()
    const first = share('a', work)
    const second = share('a', work)
    open[0]?.reject(new Error('lost'))
    await expect(first).rejects.toThrow('lost')
    await nextTurn()
    open[1]?.resolve()
    expect(await second).toBe(1)
  })

  test.each([singleFlight, laterSingleFlight])('do not end with who began them: %o', async (make) => {
    const share = make()
    const work = async () => {
      refuseLate()
      return 'read'
    }
    expect(await beforeDeadline(0, () => share('a', work))).toBe('read')
  })
})
