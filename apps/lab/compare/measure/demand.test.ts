import { describe, expect, test } from 'vitest'
import { boundOf, demandsOf } from './demand.ts'
import { madeLoad } from './made-round.ts'

const SIZE_CPU = 0.15
const app = { name: 'app-1', sizeCpu: SIZE_CPU, programs: ['app-1'] }
const MACHINE_CPUS = 2
/** What half-load demand, rest and all, promised before. */
const oldBound = (load: { cpus: Readonly<Record<string, number>>; result: { finishedRate: number } }) =>
  (SIZE_CPU * load.result.finishedRate) / (load.cpus['app-1'] ?? 0)

describe('the bound of a host that works at rest', () => {
  const rest = { 'app-1': 0.033 }
  /** 1.5 ms a journey; alone in an idle CPU a quarter more, as each wakes it up. */
  const cpuMs = (rate: number) => ({ 'app-1': 1.5 * (1 + 0.25 * Math.max(0, 1 - rate / TRUE_CAPACITY)) })
  const TRUE_CAPACITY = (1_000 * (SIZE_CPU - 0.033)) / 1.5
  const loads = [0.55, 0.9, 0.97].map((share) => madeLoad({ kept: 0, rest, cpuMs }, share * TRUE_CAPACITY, true))

  test('is what it carries, where the demand at half load promised a fifth less', () => {
    expect(TRUE_CAPACITY / oldBound(loads[0] ?? loadMissing())).toBeGreaterThan(1.2)
    expect(TRUE_CAPACITY / boundOf([app], loads, rest, MACHINE_CPUS)).toBeGreaterThan(0.95)
    expect(TRUE_CAPACITY / boundOf([app], loads, rest, MACHINE_CPUS)).toBeLessThan(1.05)
  })
  test('needs no second rate where the rest was seen', () => {
    const [, , near] = loads
    expect(boundOf([app], near ? [near] : [], rest, MACHINE_CPUS) / TRUE_CAPACITY).toBeCloseTo(1, 1)
  })
  test('takes two rates where an idle CPU made the rest look like more', () => {
    const straight = [0.5, 0.75, 1].map((share) =>
      madeLoad({ kept: 0, rest: { 'app-1': 0.01 }, cpuMs: () => ({ 'app-1': 1.4 }) }, share * 100, true),
    )
    expect(demandsOf([app], straight, { 'app-1': 0.05 })[0]?.restCpu).toBeCloseTo(0.01)
    expect(demandsOf([app], straight, { 'app-1': 0.05 })[0]?.cpuMsPerJourney).toBeCloseTo(1.4)
  })
  test('leaves loads out that were not kept, while there are others', () => {
    const overloaded = madeLoad({ kept: 0, cpuMs: () => ({ 'app-1': 9 }) }, 60, false)
    expect(boundOf([app], [...loads, overloaded], rest, MACHINE_CPUS)).toBe(boundOf([app], loads, rest, MACHINE_CPUS))
    expect(boundOf([app], [overloaded], {}, MACHINE_CPUS)).toBeCloseTo((1_000 * SIZE_CPU) / 9)
  })
})

test('the host with the least room for journeys sets the bound', () => {
  const hosts = [app, { name: 'db', sizeCpu: SIZE_CPU, programs: ['db'] }]
  const load = madeLoad({ kept: 0, cpuMs: () => ({ 'app-1': 3, db: 1.5 }) }, 40, true)
  expect(boundOf(hosts, [load], {}, MACHINE_CPUS)).toBeCloseTo(50)
  const busyAtRest = { db: 0.1 }
  const withRest = madeLoad({ kept: 0, rest: busyAtRest, cpuMs: () => ({ 'app-1': 3, db: 1.5 }) }, 30, true)
  expect(boundOf(hosts, [withRest], busyAtRest, MACHINE_CPUS)).toBeCloseTo(1_000 * (0.05 / 1.5))
})

test('hosts without a size are bound by the machine that they share', () => {
  const hosts = ['app-1', 'db'].map((name) => ({ name, sizeCpu: null, programs: [name] }))
  const load = madeLoad({ kept: 0, cpuMs: () => ({ 'app-1': 3, db: 1.5 }) }, 40, true)
  expect(boundOf(hosts, [load], {}, MACHINE_CPUS)).toBeCloseTo(2_000 / 4.5)
})

function loadMissing(): never {
  throw new Error('there are three loads')
}
