import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { planOf } from '../../../infra/stage/plan.ts'
import { parseCompareRequest } from './request.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'outgrow-compare-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, text: string): string {
  const place = path.join(folder, name)
  writeFileSync(place, text)
  return place
}

describe('what compare is asked for', () => {
  test('is full by default, with one workload', async () => {
    const { contestants, workloads, protocol, quick } = await parseCompareRequest(['1', '2'])
    expect(contestants.map(({ stage }) => stage.number)).toEqual([1, 2])
    expect({ workloads, rounds: protocol.rounds, quick }).toEqual({ workloads: ['browse'], rounds: 5, quick: false })
  })
  test('may give one contestant settings of its own, and all some', async () => {
    const { contestants } = await parseCompareRequest(['2', '2:queryDelayMs=5,cache=local', '--set', 'balance=hash'])
    expect(contestants.map(({ set }) => set)).toEqual([['balance=hash'], ['balance=hash', 'queryDelayMs=5', 'cache=local']])
  })
  test('may compare one stage with itself under several settings', async () => {
    const { contestants } = await parseCompareRequest(['2', '2:queryDelayMs=5', '2:queryDelayMs=20,cache=local'])
    expect(contestants.map(({ stage, set }) => [stage.number, ...set])).toEqual([
      [2],
      [2, 'queryDelayMs=5'],
      [2, 'queryDelayMs=20', 'cache=local'],
    ])
  })
  test('may compare a stage with itself on fewer servers', async () => {
    const { contestants } = await parseCompareRequest(['4', '5:shards=1', '5:shards=2', '5', '--workload', 'checkout'])
    const shards = contestants.map(({ stage, set }) => {
      return planOf(stage, { portBase: 4_000, set }).programs.filter((one) => 'bucketsOf' in one).length
    })
    expect(shards).toEqual([0, 1, 2, 4])
  })
  test('may compare a stage with itself with more copies of one service', async () => {
    const { contestants } = await parseCompareRequest(['6:products=1,gateway=4', '6:products=3,gateway=4'])
    const copies = contestants.map(({ stage, set }) => {
      const { programs } = planOf(stage, { portBase: 4_000, set })
      const of = (service: string) => programs.filter((one) => 'service' in one && one.service === service).length
      return [of('products'), of('gateway'), of('orders')]
    })
    expect(copies).toEqual([
      [1, 4, 2],
      [3, 4, 2],
    ])
  })
  test('takes workloads separated by commas, each once', async () => {
    expect((await parseCompareRequest(['1', '2', '--workload', 'checkout,browse,checkout'])).workloads).toEqual([
      'checkout',
      'browse',
    ])
  })
})

describe('a wrong command line', () => {
  test.each([
    [['1'], /two stages or more/],
    [['1', '99'], /there is no stage "99"; there are: 1-/],
    [['1', '2', '--workload', 'brows'], /no workload "brows"; compare takes: browse, checkout, mixed/],
    [['1', '2', '--workload', 'spike'], /"spike" has no rate to search for/],
    [['1', '2', '--rounds', '0'], /--rounds takes a whole number from 1/],
    [['1', '2:queryDelayMs=x'], /"x" is no value for the setting queryDelayMs/],
    [['1', '2:'], /no setting is called ""/],
    [['1', '2', '--set', 'colour=red'], /no setting is called "colour"/],
    [['1', '2', '--fast'], /Unknown option '--fast'/],
    [['1', '2', '--quick', '--write-lessons'], /full comparison/],
    [['1', '2', '--runtime', 'compose', '--write-lessons'], /stages of npm start/],
    [['1', '2', '--runtime', 'podman'], /--runtime takes local or compose/],
    [['--against', '/nowhere/results.json'], /cannot read .*there is no such file/],
  ])('%j gets one clear line', async (args, complaint) => {
    await expect(parseCompareRequest(args)).rejects.toThrow(complaint)
  })
})

describe('an earlier report that cannot be used', () => {
  test.each([
    ['torn.json', '{"schemaVersion": 2, "sta', /is damaged: it is not JSON/],
    ['foreign.json', '{"results": []}', /is no report of compare; this version reads schema 2/],
    ['later.json', '{"schemaVersion": 3}', /is of schema 3; this version reads schema 2/],
    ['gaps.json', '{"schemaVersion": 2, "stages": []}', /is damaged: the document /],
    ['null.json', 'null', /is no report of compare/],
  ])('%s gets one clear line', async (name, text, complaint) => {
    await expect(parseCompareRequest(['--against', file(name, text)])).rejects.toThrow(complaint)
  })
})
