import { expect, test } from 'vitest'
import { whenAll } from './when-all.ts'

const never = new AbortController().signal

test('the last that comes does the work, and all wait for it', async () => {
  const events: string[] = []
  const work = async () => void events.push('work')
  const come = whenAll(['one', 'other'], { work, signal: never })
  const first = come('one').then(() => events.push('one'))
  await Promise.resolve()
  expect(events).toEqual([])
  await Promise.all([come('other'), first])
  expect(events).toEqual(['work', 'one'])
})

test('who comes twice does not count for another', async () => {
  let done = 0
  const come = whenAll(['one', 'other'], { work: async () => void done++, signal: never })
  void come('one')
  void come('one')
  await Promise.resolve()
  expect(done).toBe(0)
})

test('what the work fails with fails all', async () => {
  const come = whenAll(['one', 'other'], { work: () => Promise.reject(new Error('no tables')), signal: never })
  const both = await Promise.allSettled([come('one'), come('other')])
  expect(both.map((one) => one.status === 'rejected' && one.reason.message)).toEqual(['no tables', 'no tables'])
})

test('nobody waits when it is given up', async () => {
  const stop = new AbortController()
  const come = whenAll(['one', 'other'], { work: async () => {}, signal: stop.signal })
  const waiting = come('one')
  stop.abort(new Error('stopped'))
  await expect(waiting).rejects.toThrow('stopped')
})
