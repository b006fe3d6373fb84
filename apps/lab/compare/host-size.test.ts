import { beforeAll, describe, expect, test } from 'vitest'
import { loadStage } from '../../../infra/stage/catalogue.ts'
import { type Plan, planOf } from '../../../infra/stage/plan.ts'
import { fittingSize, neededCpu } from './host-size.ts'

const CORES = 2
const plans = new Map<string, Plan>()
beforeAll(async () => {
  for (const word of ['1', '2', '3', '4', '5', '5:shards=1', '5:shards=2']) {
    const [reference = '', set] = word.split(':')
    plans.set(word, planOf(await loadStage(reference), { portBase: 4_000, set: set === undefined ? [] : [set] }))
  }
})
const of = (words: string) => words.split(' ').flatMap((word) => plans.get(word) ?? [])

describe('on two cores', () => {
  test.each(['1 2', '1 2 3', '3 4', '1 2 3 4'])('stages %s have hosts of the usual size', (words) => {
    expect(fittingSize(of(words), CORES)).toEqual({ sizeCpu: 0.15, p95Ms: 250 })
  })
  test('a stage of many hosts makes those of all smaller, with more time for each request, and that is said', () => {
    const { sizeCpu, p95Ms, note } = fittingSize(of('4 5:shards=1 5:shards=2 5'), CORES)
    expect({ sizeCpu, p95Ms }).toEqual({ sizeCpu: 0.1, p95Ms: 500 })
    expect(note).toMatch(
      /^hosts of all stages have 0\.1 CPU, and requests 500 ms: with 0\.15 they and k6 would take about \d\.\d CPU, and 1\.6 of the 2 here may be taken$/,
    )
  })
  test('more than that is refused with one line, before anything starts', () => {
    expect(() => fittingSize(of('5 5 5 5 5 5'), CORES)).toThrow(
      /^6 stages are too much to compare at once: even with hosts of 0\.1 CPU about \d\.\d CPU .* 1\.6 of the 2 here may be taken; name fewer/,
    )
  })
})

test('a larger machine has room for the usual size', () => {
  expect(fittingSize(of('4 5:shards=1 5:shards=2 5'), 8)).toEqual({ sizeCpu: 0.15, p95Ms: 250 })
})

test('hosts count by what they do at capacity, a stage beside it by what it takes at rest', () => {
  const alone = neededCpu(of('5'), 0.1)
  expect(neededCpu(of('5'), 0.15)).toBeCloseTo(1.5 * alone)
  // Far less than the sizes of its 23 hosts together.
  expect(alone).toBeLessThan(23 * 0.1)
  const beside = neededCpu(of('5 4'), 0.1) - alone
  expect(beside).toBeGreaterThan(0)
  expect(neededCpu(of('5 4 4'), 0.1) - alone).toBeCloseTo(2 * beside)
})
