import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { testFolder } from '../../../infra/process/test-folder.ts'
import { slotOf } from '../../platform/redis/slot.ts'
import { labProcess } from '../runner/lab-process.ts'
import { hashingChart } from './chart.ts'
import { type HashingResults, type MethodResult, measureHashing } from './measure.ts'
import { markdownTable, terminalTable } from './table.ts'
import { relieved, tablesOf } from './tables.ts'

/** What the commands of a Redis Cluster answer. */
test.each([
  ['123456789', 12_739],
  ['foo', 12_182],
  ['{foo}.bar', 12_182],
  ['a{foo}{bar}', 12_182],
  ['user1000', 3_443],
  ['{user1000}.following', 3_443],
])('the slot of %s is %i', (key, slot) => {
  expect(slotOf(key)).toBe(slot)
})

test('what is between no braces, or between two that hold nothing, is no tag', () => {
  expect(new Set(['foo{}{bar}', 'foo{bar', 'bar}', 'bar'].map(slotOf)).size).toBe(4)
})

describe('a table', () => {
  const [three, four, five] = tablesOf(64, [3, 4, 5])
  const counts = (table: Uint8Array = new Uint8Array()) =>
    [...Map.groupBy(table, (server) => server)].map(([, own]) => own.length).sort()

  test('stays even, and gives rows to the new server alone', () => {
    expect([three, four, five].map(counts)).toEqual([
      [21, 21, 22],
      [16, 16, 16, 16],
      [12, 13, 13, 13, 13],
    ])
    expect(four?.filter((server, unit) => server !== three?.[unit] && server !== 3)).toEqual(new Uint8Array())
  })

  test('is changed until the hot row is as good as alone', () => {
    const loads = new Float64Array(64).fill(1)
    loads[0] = 12
    const after = relieved(four ?? new Uint8Array(), loads, 4)
    const load = (server: number) => after.reduce((sum, home, unit) => sum + (home === server ? (loads[unit] ?? 0) : 0), 0)
    expect([0, 1, 2, 3].map(load).sort()).toEqual([18, 19, 19, 19])
    expect(after[0]).toBe(0)
  })
})

describe('each way to place keys', () => {
  let results: HashingResults
  const named = (start: string) => results.methods.find(({ name }) => name.startsWith(start)) as MethodResult
  beforeAll(() => {
    results = measureHashing({ keys: 4_000, draws: 9 })
  })
  const moved = (name: string) => named(name).moves.map(({ share }) => share)

  test('moves the share of the new server, and modulo nearly all (L8, Q16, R22)', () => {
    expect(moved('modulo')).toEqual([expect.closeTo(0.75, 1), expect.closeTo(0.8, 1)])
    for (const name of ['ring, 200', 'rendezvous', 'bucket map', 'Redis slots']) {
      expect(moved(name), name).toEqual([expect.closeTo(0.25, 1), expect.closeTo(0.2, 1)])
    }
    const needless = results.methods.filter(({ moves }) => moves.some(({ needless }) => needless > 0))
    expect(needless.map(({ name }) => name)).toEqual(['modulo'])
  })

  test('shares the more evenly the more points a ring has', () => {
    const deviations = ['ring, 1 ', 'ring, 10 ', 'ring, 100 '].map((name) => named(name).spread.deviation)
    expect(deviations).toEqual(deviations.toSorted((one, other) => other - one))
    expect(deviations[0]).toBeGreaterThan(5 * (deviations[2] ?? 0))
    expect(named('rendezvous').spread.deviation).toBeLessThan(deviations[2] ?? 0)
  })

  test('leaves a hot key where it is, and only a table can be changed for it', () => {
    for (const { name, hotKey } of results.methods) {
      expect(hotKey.busiest, name).toBeGreaterThan(0.3)
      expect(hotKey.relief === null, name).toBe(!/bucket|slots/.test(name))
      if (hotKey.relief) expect(hotKey.relief.busiest, name).toBeLessThan(0.27)
    }
  })

  test('has its row in every table and its bars in the chart', () => {
    const [terminal, markdown, chart] = [terminalTable(results), markdownTable(results), hashingChart(results)]
    for (const { name } of results.methods) {
      for (const text of [terminal, markdown, chart]) expect(text).toContain(name)
    }
    expect(`${terminal}${markdown}${chart}`).not.toMatch(/NaN|undefined|Infinity/)
    expect(Math.max(...terminal.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
    const rows = markdown.split('\n').filter((line) => line.startsWith('|'))
    expect(new Set(rows.map((row) => row.split('|').length)).size).toBe(1)
    expect(chart.match(/<rect/g)).toHaveLength(2 * results.methods.length + 1)
  })
})

describe('the command', () => {
  test('prints one JSON document, and leaves the table for a lesson and its chart in a report folder', async () => {
    const data = testFolder()
    const { status, out, error } = await labProcess(['lab', 'hashing', '--json'], { OUTGROW_DATA: data }).done
    expect(status, error).toBe(0)
    const results: HashingResults = JSON.parse(out)
    expect(results.methods.map(({ name }) => name)).toContain('bucket map, 64')
    const [report = ''] = readdirSync(join(data, 'reports'))
    const read = (file: string) => readFileSync(join(data, 'reports', report, file), 'utf8')
    expect(read('hashing.md')).toBe(`${markdownTable(results)}\n`)
    expect(read('hashing.svg')).toBe(hashingChart(results))
  })

  test.each([
    [['lab'], 'lab takes the name of an experiment; there are: dead-letters, hashing, hops, hot-key, lost-jobs, replay, skew'],
    [
      ['lab', 'hash'],
      'lab takes the name of an experiment, not "hash"; there are: dead-letters, hashing, hops, hot-key, lost-jobs, replay, skew',
    ],
    [['lab', 'hashing', 'x'], 'hashing takes nothing but options, not "x"'],
  ])('%j is refused with one line', async (args, line) => {
    const { status, out, error } = await labProcess(args, {}).done
    expect({ status, out, error }).toEqual({ status: 1, out: '', error: `error: ${line}\n` })
  })
})
