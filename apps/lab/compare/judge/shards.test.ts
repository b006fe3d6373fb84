import { expect, test } from 'vitest'
import { madeRound } from '../measure/made-round.ts'
import type { MeasuredStage, RoundMeasures } from '../measure/measurements.ts'
import { sampleResults } from '../report/sample-results.ts'
import type { HostUse, ShardUse, StageResult } from '../results.ts'
import { shardsOf, shardVerdictsOf } from './shards.ts'

const host = (name: string, shards: readonly string[]): MeasuredStage['hosts'][number] => {
  return { name, kind: 'mysql', sizeCpu: 0.15, own: true, programs: [name], shards }
}
const use = (name: string, cpuMsPerJourney: number): HostUse => {
  return { host: name, kind: 'mysql', sizeCpu: 0.15, cpuMsPerJourney, shareAtCapacity: 0.5, memoryMiB: 90 }
}
const hosts = [host('primary', []), host('shard-1', ['shard-1']), host('shard-2', ['shard-2'])]
const uses = [use('primary', 4), use('shard-1', 3), use('shard-2', 1)]

/** A round whose every load asked so often for each bucket. */
function roundOf(buckets: readonly { bucket: string; server: string; count: number }[]): RoundMeasures {
  const round = madeRound({ kept: 40 })
  const asked = (one: RoundMeasures['demand']) => ({ ...one, ...(one.metrics && { metrics: { ...one.metrics, buckets } }) })
  return { ...round, demand: asked(round.demand), search: round.search.map(asked) }
}

test('the servers of buckets share what was asked and the CPU; other databases are no part of it', () => {
  const round = roundOf([
    { bucket: '00', server: 'shard-1', count: 60 },
    { bucket: '01', server: 'shard-1', count: 20 },
    { bucket: '40', server: 'shard-2', count: 20 },
  ])
  expect(shardsOf({ hosts }, uses, [round, round]).shards).toEqual([
    { host: 'shard-1', requestShare: expect.closeTo(0.8), cpuShare: 0.75, cpuMsPerJourney: 3 },
    { host: 'shard-2', requestShare: expect.closeTo(0.2), cpuShare: 0.25, cpuMsPerJourney: 1 },
  ])
})

test('what the apps did not tell is left open, and a stage without buckets has no shards', () => {
  expect(shardsOf({ hosts }, uses, [roundOf([])]).shards?.map(({ requestShare }) => requestShare)).toEqual([null, null])
  expect(shardsOf({ hosts: [host('db', [])] }, [use('db', 3)], [roundOf([])])).toEqual({})
})

const shard = (name: string, cpuMsPerJourney: number, cpuShare: number): ShardUse => {
  return { host: name, requestShare: cpuShare, cpuShare, cpuMsPerJourney }
}

/** Columns of one stage, each with these servers. */
async function columns(...shards: readonly (readonly ShardUse[] | undefined)[]): Promise<StageResult[]> {
  const { stages } = await sampleResults({ stages: shards.map(() => 2), workloads: ['checkout'] })
  return stages.map((stage, index) => {
    const own = shards[index]
    const workloads = stage.workloads.map((result) => ({ ...result, ...(own && { shards: [...own] }) }))
    return { ...stage, name: `5-sharded shards=${own?.length ?? 0}`, stage: 5, workloads }
  })
}

const ONE = [shard('shard-1', 4, 1)]

test('each column is held against the one in which one server has all', async () => {
  const even = [shard('shard-1', 2.2, 0.52), shard('shard-2', 2, 0.48)]
  const skewed = [shard('shard-1', 1, 0.14), shard('shard-2', 3.8, 0.54), shard('shard-3', 1.2, 0.17), shard('shard-4', 1, 0.14)]
  const { shardVerdicts = [] } = shardVerdictsOf(await columns(undefined, ONE, even, skewed))
  expect(shardVerdicts.map(({ servers, partOfOne, mostPart }) => [servers, partOfOne, mostPart])).toEqual([
    [1, 1, expect.closeTo(1 / 0.85)],
    [2, 0.55, expect.closeTo(0.588, 3)],
    [4, 0.95, expect.closeTo(0.294, 3)],
  ])
  expect(shardVerdicts.map(({ sentence }) => sentence)).toEqual([
    '5-sharded shards=1: shard-1 has all customers and takes 4.0 ms of CPU a journey.',
    '5-sharded shards=2: the busiest of 2 servers of customers is shard-1, with 52 % of what is asked and 52 % of their CPU, ' +
      '2.2 ms of CPU a journey, 0.55 of what one takes that has all, and not more than 1 ÷ (0.85 × 2) = 0.59.',
    '5-sharded shards=4: the busiest of 4 servers of customers is shard-2, with 54 % of what is asked and 54 % of their CPU, ' +
      '3.8 ms of CPU a journey, 0.95 of what one takes that has all, and more than 1 ÷ (0.85 × 4) = 0.29.',
  ])
})

test('without a column with one server nothing is held against it, and without buckets there is nothing to say', async () => {
  const { shardVerdicts } = shardVerdictsOf(await columns([shard('shard-1', 2, 0.5), shard('shard-2', 2, 0.5)]))
  expect(shardVerdicts?.map(({ partOfOne }) => partOfOne)).toEqual([null])
  expect(shardVerdictsOf(await columns(undefined))).toEqual({})
})
