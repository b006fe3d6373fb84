import { expect, test } from 'vitest'
import { hopsExperiment } from './hops.ts'
import { type Cost, notShown, PUBLISHED, pointOf } from './results.ts'
import { splitCostNs } from './split-cost.ts'
import { markdownHops, terminalHops } from './table.ts'

const cost = (cpuMs: number, perS: number): Cost => ({ cpuMs, perS, hosts: { 'app-1': cpuMs } })
const results = (...points: ReturnType<typeof pointOf>[]) => ({
  stages: ['4-one', '6-many'] as const,
  secondsEach: 6,
  points,
  splitNs: 120,
  published: PUBLISHED,
})
const expected = results(pointOf(0, cost(1, 1_000), cost(2, 600)), pointOf(20, cost(21, 90), cost(22, 86)))

test('the loss is what of the CPU of services the same pages do not take in one process', () => {
  expect(expected.points.map(({ loss, capacityLoss }) => [loss, capacityLoss].map((one) => one.toFixed(3)))).toEqual([
    ['0.500', '0.400'],
    ['0.045', '0.044'],
  ])
  expect(notShown(expected)).toEqual([])
})

test('a curve that does not show what is promised says so', () => {
  const dear = results(pointOf(0, cost(1, 1_000), cost(2.5, 400)), pointOf(20, cost(21, 90), cost(25, 80)))
  expect(notShown(dear)).toEqual([expect.stringContaining('it is 0.60'), expect.stringContaining('it is 0.160')])
  expect(notShown(results())).toHaveLength(2)
})

test('tables have a row for each point, and what others report', () => {
  for (const table of [markdownHops(expected), terminalHops(expected)]) {
    expect(table).toMatch(/\b0\b.*1\.00.*2\.00.*50 %.*1000.*600.*40 %/)
    expect(table).toMatch(/\b20\b.*4\.5 %/)
    expect(table).toContain('Acme Air, Node 79 % (Ueda et al. 2016)')
    expect(table).toContain('app-1 1.00')
  }
})

test('a call of an interface costs far less than a request', async () => {
  expect(Math.abs(await splitCostNs())).toBeLessThan(20_000)
})

test.each([
  [['--work', '0,x'], '--work takes whole numbers from 0 to 200, not "x"'],
  [['--seconds', '0'], '--seconds takes whole numbers from 1 to 60, not "0"'],
  [['4'], 'hops takes nothing but options, not "4"'],
])('%j is refused in one line', async (args, complaint) => {
  await expect(hopsExperiment.run(args)).rejects.toThrow(complaint)
})
