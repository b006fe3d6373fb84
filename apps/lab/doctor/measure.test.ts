import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { measure, type Subject } from './measure.ts'

const NEVER = new AbortController().signal

/** A stage that takes more while it is loaded; notes what was done with it. */
function stub(other: Partial<Subject> = {}) {
  const done: string[] = []
  let loaded = false
  const subject: Subject = {
    stage: '1-single-node',
    runtime: 'stub',
    start: async () => void done.push('start'),
    stop: async () => void done.push('stop'),
    remove: async () => void done.push('remove'),
    memoryMiB: async () => (loaded ? 300 : 200),
    diskMb: async () => 250,
    load: async () => {
      loaded = true
      await sleep(50)
      return true
    },
    ...other,
  }
  return { done, subject }
}

test('started, left alone, loaded, ended, started again, and removed', async () => {
  const { done, subject } = stub()
  expect(await measure(subject, NEVER, 0)).toMatchObject({ diskMb: 250, restMiB: 200, loadMiB: 300 })
  expect(done).toEqual(['start', 'stop', 'start', 'remove'])
})

test('where nothing can load it, no load is told of', async () => {
  const { subject } = stub({ load: async () => false })
  expect(await measure(subject, NEVER, 0)).toMatchObject({ restMiB: 200, loadMiB: null })
})

test('one that fails is removed all the same', async () => {
  const { done, subject } = stub({ load: () => Promise.reject(new Error('k6 is gone')) })
  await expect(measure(subject, NEVER, 0)).rejects.toThrow('k6 is gone')
  expect(done).toEqual(['start', 'remove'])
})

test('so is one that is not done in time', async () => {
  const { done, subject } = stub()
  await expect(measure(subject, AbortSignal.timeout(50), 60_000)).rejects.toThrow()
  expect(done).toEqual(['start', 'remove'])
})
