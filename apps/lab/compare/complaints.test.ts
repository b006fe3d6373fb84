import { expect, test } from 'vitest'
import { complaintsOf } from './complaints.ts'
import { sampleResults } from './report/sample-results.ts'
import type { Results, WorkloadResult } from './results.ts'

/** With this workload of one stage made otherwise. */
async function results(change: (workload: WorkloadResult) => Partial<WorkloadResult>, stages = [2]): Promise<Results> {
  const sample = await sampleResults({ stages: [1, 2], workloads: ['browse'] })
  const changed = sample.stages.map((stage) => {
    if (!stages.includes(stage.stage)) return stage
    return { ...stage, workloads: stage.workloads.map((workload) => ({ ...workload, ...change(workload) })) }
  })
  return { ...sample, stages: changed }
}

test('where every stage kept up and kept its invariants there is nothing to say', async () => {
  expect(complaintsOf(await results(() => ({})))).toEqual([])
})

test('a stage that kept up at no rate is named; where none did, one line says so', async () => {
  const nothing = () => ({ capacityByRound: [] })
  expect(complaintsOf(await results(nothing))).toEqual([
    '2-split-database, browse: it kept up at no rate that was tried, so it is not compared',
  ])
  expect(complaintsOf(await results(nothing, [1, 2]))).toEqual([
    'nothing was compared: no stage kept up at any rate that was tried',
  ])
})

test('of a comparison that was broken off before it came to a stage nothing is said of that stage', async () => {
  expect(complaintsOf(await results(() => ({ capacityByRound: [], loads: [] })))).toEqual([])
})

test('a broken invariant is named with its detail', async () => {
  const invariants = [{ name: 'one charge an order, round 1', ok: false, detail: 'ord_1 has two' }]
  expect(complaintsOf(await results(() => ({ invariants })))).toEqual([
    '2-split-database, browse: the invariant one charge an order, round 1 was broken: ord_1 has two',
  ])
})
