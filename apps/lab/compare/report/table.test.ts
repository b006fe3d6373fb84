import { expect, test } from 'vitest'
import { measuredBlock } from './lessons.ts'
import { markdownReport } from './markdown-report.ts'
import { sampleResults } from './sample-results.ts'
import { resultsTable } from './table.ts'

test.each([
  { stages: [1, 2, 3], workloads: ['browse', 'checkout'] },
  { stages: [2, 3], workloads: ['browse'], quick: true, unsized: true, rigLimited: true },
  { stages: [1, 2], workloads: ['browse', 'checkout'], partial: true, quick: true },
])('the table of %j fits 80 columns and says what it is', async (sample) => {
  const results = await sampleResults(sample)
  const table = resultsTable(results)
  expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  for (const { name } of results.stages) expect(table).toContain(name)
  expect(table.includes('QUICK')).toBe(results.quick)
  expect(table.includes('PARTIAL')).toBe(results.partial)
  expect(table.includes('unsized')).toBe(results.hostSizeCpu === null)
})

test('columns of one stage with different settings can be told apart, each with its figures', async () => {
  const results = await sampleResults({ stages: [2, 2], workloads: ['browse'] })
  const names = ['2-split-database queryDelayMs=5', '2-split-database queryDelayMs=50,cache=local']
  const table = resultsTable({
    ...results,
    stages: results.stages.map((stage, index) => ({ ...stage, name: names[index] ?? '' })),
  })
  for (const name of names) expect(table).toContain(name)
  expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  for (const { workloads } of results.stages) expect(table).toContain(`${workloads[0]?.bottleneck.host} `)
})

test('servers that share customers are told of, under their own workload', async () => {
  const results = { ...(await sampleResults({ stages: [1, 2], workloads: ['browse', 'checkout'] })), shardVerdicts: [SHARDS] }
  const [browse = '', checkout = ''] = resultsTable(results).split('checkout ')
  expect(browse).not.toContain('busiest')
  expect(checkout.replaceAll(/\s+/g, ' ')).toContain(SHARDS.sentence)
  expect(markdownReport(results)).toContain(SHARDS.sentence)
  expect(measuredBlock(results, 2)).toContain(`- **checkout**: ${SHARDS.sentence}`)
  expect(measuredBlock(results, 1)).not.toContain(SHARDS.sentence)
})

const SHARDS = {
  workload: 'checkout',
  stage: 2,
  servers: 2,
  cpuMsPerJourney: 2.2,
  partOfOne: 0.55,
  mostPart: 0.59,
  sentence:
    'the busiest of 2 servers of customers is shard-1, with 52 % of what is asked, and 0.55 of what one takes that has all.',
}
