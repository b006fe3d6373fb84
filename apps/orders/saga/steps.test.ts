import { expect, test } from 'vitest'
import { drawSaga } from './drawing.ts'
import { DUTIES, next, type SagaState, STEPS } from './steps.ts'

test('a step leads to one state, and every state but the first is led to', () => {
  const names = STEPS.map(({ from, event }) => `${from}: ${event}`)
  expect(new Set(names).size).toBe(names.length)
  for (const state of Object.keys(DUTIES) as SagaState[])
    expect(
      STEPS.some(({ to }) => to === state),
      state,
    ).toBe(true)
  expect([next('pending', 'stock taken'), next('paid', 'cancelled')]).toEqual(['placed', undefined])
})

test('pieces are kept for orders that people see, and come back of all that end otherwise', () => {
  const ended = (Object.keys(DUTIES) as SagaState[]).filter((state) => !STEPS.some(({ from }) => from === state))
  expect(ended.map((state) => [state, DUTIES[state]])).toEqual([
    ['paid', 'keep'],
    ['cancelled', 'give back'],
  ])
})

test('the picture shows each step and each state once', () => {
  const lines = drawSaga().split('\n')
  expect(new Set(lines).size).toBe(lines.length)
  expect(lines).toEqual(
    expect.arrayContaining([
      'stateDiagram-v2',
      '  pending: pending (stock: wait)',
      '  [*] --> pending: key written down',
      '  pending --> placed: stock taken',
      '  placed --> cancelled: cancelled',
      '  cancelled --> [*]',
    ]),
  )
  expect(lines.filter((line) => line.includes('-->'))).toHaveLength(STEPS.length + 3)
})
