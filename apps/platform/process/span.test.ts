import { describe, expect, test, vi } from 'vitest'
import { recordSpans } from '../../fixtures/recorded-spans.ts'
import { asSpan, beginPart, beginSpan, currentSpan, inSpan, isTold, tellSpansTo, traceparentIn } from './span.ts'

const describeOne = () => ({ name: 'one', kind: 'client' as const })

describe('where nobody is told', () => {
  test('nothing is described, and no span is there', async () => {
    const described = vi.fn(describeOne)
    expect([beginSpan(described), beginPart(described), currentSpan(), isTold()]).toEqual([
      undefined,
      undefined,
      undefined,
      false,
    ])
    expect(await asSpan(beginSpan(described), async () => currentSpan() ?? 'nobody')).toBe('nobody')
    expect(described).not.toHaveBeenCalled()
  })
})

describe('where somebody is told', () => {
  test('a part has its whole for its parent, and what belongs to nobody tells nothing', async () => {
    const told = recordSpans()
    expect(beginPart(describeOne)).toBeUndefined()
    const whole = beginSpan(() => ({ name: 'whole', kind: 'server' }))
    await inSpan(whole, async () => beginPart(describeOne))
    expect(told.map(({ name, parent }) => [name, parent])).toEqual([
      ['whole', undefined],
      ['one', whole?.traceparent],
    ])
  })

  test('what a span is the whole of ends with it, also where it fails', async () => {
    const told = recordSpans()
    await asSpan(beginSpan(describeOne), async () => {})
    await expect(asSpan(beginSpan(describeOne), () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(told.map(({ ended, error }) => [ended, error])).toEqual([
      [true, undefined],
      [true, new Error('broken')],
    ])
  })

  test('a timer that was set in a request tells nothing once that is past', () => {
    const begun = vi.fn()
    tellSpansTo((beginning) => {
      begun(beginning.name)
      return { traceId: '', traceparent: '', set() {}, end() {}, isPast: () => true }
    })
    inSpan(
      beginSpan(() => ({ name: 'long ago', kind: 'server' })),
      () => beginPart(describeOne),
    )
    tellSpansTo(undefined)
    expect(begun.mock.calls).toEqual([['long ago']])
  })
})

test.each([
  undefined,
  '',
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', 'another'],
  '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more',
  '01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01',
  '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01',
  `00-${'4'.repeat(10_000)}-00f067aa0ba902b7-01`,
])('%j is no traceparent', (text) => {
  expect(traceparentIn(text)).toBeUndefined()
})

test('what the standard shows is one', () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  expect(traceparentIn(traceparent)).toBe(traceparent)
})
