import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../platform/process/random.ts'
import { judge } from './noise.ts'

const RUNS = 4_000
const random = seededRandom(11)

/** Box and Muller's way from even numbers to a bell curve. */
function normal(): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

function rounds(count: number, level: number, deviation: number): number[] {
  return Array.from({ length: count }, () => level * Math.exp(deviation * normal()))
}

/** Share of comparisons, of `RUNS`, in which a true factor is called anything but noise. */
function shareFound(factor: number, { count = 4, deviation = 0.05 } = {}): number {
  const found = Array.from({ length: RUNS }, () => judge(rounds(count, 100, deviation), rounds(count, 100 * factor, deviation)))
  return found.filter(({ outcome }) => outcome !== 'noise').length / RUNS
}

/** Journeys a second of stage 2 against itself, 18 short rounds on two cores on which whole test suites ran at the same time. */
const RECORDED: readonly number[][] = [
  [63.5, 70.3, 63.9, 65.0, 29.2, 52.6, 69.5, 67.1, 66.7, 80.4, 63.5, 81.7, 78.3, 77.3, 74.0, 32.3, 73.0, 83.0],
  [62.4, 65.1, 36.5, 56.4, 123.9, 82.2, 70.4, 74.6, 61.4, 55.5, 28.6, 50.0, 56.6, 64.7, 54.6, 67.1, 65.1, 54.1],
]

/** Four rounds of those, drawn with replacement. */
function drawn(factor: number): number[] {
  const all = RECORDED.flat()
  return Array.from({ length: 4 }, () => factor * (all[Math.floor(random() * all.length)] ?? 0))
}

describe('a stage against itself', () => {
  test('is noise in more than nine of ten runs as recorded on a machine that was busy with other work', () => {
    const judged = Array.from({ length: RUNS }, () => judge(drawn(1), drawn(1)))
    expect(judged.filter(({ outcome }) => outcome === 'noise').length / RUNS).toBeGreaterThan(0.9)
  })
  test('is noise in nine of ten pairs of four rounds in a row of the recording', () => {
    const [one = [], other = []] = RECORDED
    const starts = [0, 4, 8, 12, 14]
    const pairs = starts.flatMap((a) => starts.map((b) => judge(one.slice(a, a + 4), other.slice(b, b + 4))))
    expect(pairs.filter(({ outcome }) => outcome === 'noise').length / pairs.length).toBeGreaterThanOrEqual(0.9)
  })
  test.each([0.02, 0.05, 0.08, 0.12, 0.2])(
    'is noise in more than 99 of a hundred runs where rounds differ by %f',
    (deviation) => {
      for (const count of [3, 4, 5]) expect(shareFound(1, { count, deviation })).toBeLessThan(0.01)
    },
  )
  test('is noise in nine of ten even with fewer rounds than three', () => {
    for (const count of [1, 2]) expect(shareFound(1, { count, deviation: 0.1 })).toBeLessThan(0.1)
  })
})

describe('a real difference', () => {
  test('of 1.3 is found in four rounds, up and down', () => {
    expect(shareFound(1.3)).toBeGreaterThan(0.95)
    expect(shareFound(1 / 1.3)).toBeGreaterThan(0.95)
  })
  test('of 1.5 is found in five rounds although they differ by 10 %', () => {
    expect(shareFound(1.5, { count: 5, deviation: 0.1 })).toBeGreaterThan(0.85)
  })
  test('is named by its direction', () => {
    expect(judge([100, 103, 98, 101], [150, 147, 155, 151]).outcome).toBe('more')
    expect(judge([150, 147, 155, 151], [100, 103, 98, 101]).outcome).toBe('less')
  })
  test('below the least that rounds can tell is noise, however alike they are', () => {
    expect(judge([100, 100.1, 99.9, 100], [104, 104.1, 103.9, 104]).outcome).toBe('noise')
  })
  test('is not seen in three rounds, however clear', () => {
    expect(judge([100, 103, 98], [150, 147, 155]).outcome).toBe('noise')
  })
})

test('the ratio is that of the medians, between the extremes of the rounds side by side', () => {
  const { ratio } = judge([100, 110, 90], [200, 190, 210])
  expect(ratio.median).toBe(2)
  expect(ratio.min).toBeCloseTo(190 / 110)
  expect(ratio.max).toBeCloseTo(210 / 90)
})
