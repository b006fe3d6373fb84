import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { tried, until } from './until.ts'

const soon = { withinMs: 20_000, everyMs: 1, complaint: 'it did not come' }

it('returns the first answer that says something, 0 and nothing written included', async () => {
  const answers = [undefined, false, null, 0]
  expect(await until(() => answers.shift(), soon)).toBe(0)
  expect(await until(async () => '', soon)).toBe('')
})

it('asks at least twice, then says what did not happen', async () => {
  let asked = 0
  const never = () => {
    asked += 1
    return false
  }
  await expect(until(never, { ...soon, withinMs: 2 })).rejects.toThrow('it did not come within 0.002 s')
  expect(asked).toBeGreaterThan(1)
  expect([await answerOfSecond(0), await answerOfSecond(20)]).toEqual([2, 2])
  const counted = { ...soon, withinMs: 2, complaint: () => `asked ${asked > 2} times` }
  await expect(until(never, counted)).rejects.toThrow('asked true times within 0.002 s')
})

it('ends with what the check throws, and with its signal', async () => {
  await expect(until(() => Promise.reject(new Error('gone')), soon)).rejects.toThrow('gone')
  const signal = AbortSignal.abort(new Error('stopped'))
  await expect(until(() => false, { ...soon, signal })).rejects.toThrow(/abort/i)
})

it('just ends where nothing is to be said', async () => {
  expect(await until(() => false, { withinMs: 2, everyMs: 1 })).toBeUndefined()
  expect(await until(() => 'there', { withinMs: 2, everyMs: 1 })).toBe('there')
})

it('takes an error as the answer for the reason why it is not so yet', async () => {
  const answers = [new Error('too early'), true] as const
  let asked = 0
  expect(await until(() => answers[asked++], soon)).toBe(true)
  const failing = until(() => tried(() => Promise.reject(new Error('no way'))), { ...soon, withinMs: 2 })
  await expect(failing).rejects.toThrow('it did not come within 0.002 s: no way')
})

/** Where the first question alone takes as long as there is. */
function answerOfSecond(withinMs: number) {
  const answers = [false, 2]
  return until(() => sleep(withinMs + 1, answers.shift()), { withinMs, everyMs: 1 })
}
