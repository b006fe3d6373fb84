import { expect, test } from 'vitest'
import { Countdown } from './countdown.ts'

/** 100 s of work that is meant to end within 120 s. */
function countdown(withinS = 120) {
  const clock = { s: 0 }
  return {
    clock,
    countdown: new Countdown(
      100,
      withinS,
      () => undefined,
      () => 1_000 * clock.s,
    ),
  }
}

test('there is time for more while the plan and it end within what was meant', () => {
  const { countdown: plan } = countdown()
  expect([plan.allows(20), plan.allows(21)]).toEqual([true, false])
})

test('a step that takes its planned time takes nothing from that, one that takes longer does', () => {
  const { countdown: plan, clock } = countdown()
  plan.step('one', 40)
  clock.s = 40
  expect([plan.allows(20), plan.allows(21)]).toEqual([true, false])
  clock.s = 45
  expect([plan.allows(15), plan.allows(16)]).toEqual([true, false])
  plan.step('two', 60)
  expect([plan.allows(15), plan.allows(16)]).toEqual([true, false])
})

test('a plan that is longer than was meant has a twentieth of itself to spare', () => {
  const { countdown: plan } = countdown(10)
  expect([plan.allows(5), plan.allows(6)]).toEqual([true, false])
})
