import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'

const KEYS = Array.from({ length: 20_000 }, (_, index) => `user:${index}`)
/** Points of each server on the ring: more make the shares more even. */
const POINTS = 200

type Placement = (key: string) => string

function numberOf(text: string): number {
  return createHash('md5').update(text).digest().readUInt32BE()
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `redis-0${index + 1}`)
}

function modulo(count: number): Placement {
  const servers = names(count)
  return (key) => servers[numberOf(key) % count] ?? ''
}

/** A key belongs to the first point that comes after it. */
function ring(count: number): Placement {
  const points = names(count).flatMap((name) =>
    Array.from({ length: POINTS }, (_, point) => ({ name, at: numberOf(`${name}#${point}`) })),
  )
  points.sort((one, other) => one.at - other.at)
  return (key) => {
    const at = numberOf(key)
    let [low, high] = [0, points.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((points[middle]?.at ?? 0) < at) low = middle + 1
      else high = middle
    }
    return points[low % points.length]?.name ?? ''
  }
}

function shareMoved(before: Placement, after: Placement): number {
  return KEYS.filter((key) => before(key) !== after(key)).length / KEYS.length
}

describe('a fourth Redis beside three: how many keys are then looked for in the wrong place (R22)', () => {
  test('md5(key) % servers is not consistent hashing: three in four', () => {
    expect(shareMoved(modulo(3), modulo(4))).toBeCloseTo(0.75, 1)
  })

  test('on a ring only those that the new server takes: one in four', () => {
    const [three, four] = [ring(3), ring(4)]
    expect(shareMoved(three, four)).toBeCloseTo(0.25, 1)
    expect(KEYS.filter((key) => four(key) !== three(key) && four(key) !== 'redis-04')).toEqual([])
    const shares = [shareMoved(modulo(3), modulo(4)), shareMoved(three, four)].map((share) => `${(100 * share).toFixed(1)} %`)
    console.log(`keys that move from 3 to 4 servers: modulo ${shares[0]}, ring ${shares[1]}`)
  })
})
