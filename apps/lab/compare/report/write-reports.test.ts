import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readResults } from '../result-files.ts'
import type { Results } from '../results.ts'
import { sampleResults } from './sample-results.ts'
import { writeReports } from './write-reports.ts'

const FULL = { stages: [1, 2, 3], workloads: ['browse', 'checkout'] }
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'outgrow-report-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const written = async (results: Results) => {
  const files = await writeReports(results, folder)
  return { ...files, page: readFileSync(files.html, 'utf8'), text: readFileSync(files.markdown, 'utf8') }
}

test('what is written can be read again, and is the same', async () => {
  const results = await sampleResults(FULL)
  const { json } = await written(results)
  expect(readResults(json)).toEqual(JSON.parse(JSON.stringify(results)))
})

test('the same results make the same files', async () => {
  const results = await sampleResults(FULL)
  const first = await written(results)
  expect(await written(await sampleResults(FULL))).toEqual(first)
})

test('the page needs nothing from elsewhere and runs nothing', async () => {
  const { page } = await written(await sampleResults(FULL))
  expect(page).not.toMatch(/<script|<link|<img|<iframe|url\((?!#)|@import|\son\w+=/i)
  const addresses = [...page.matchAll(/(?:https?:)?\/\/[\w.]+[^"\s<]*/g)].map(([address]) => address)
  expect(addresses.filter((address) => !address.startsWith('http://www.w3.org/'))).toEqual([])
})

test('text from outside stays text', async () => {
  const results = await sampleResults({ stages: [1, 2], workloads: ['browse'] })
  const evil = '</style><script>alert("1")</script> & `x` | y'
  results.machine.cpuModel = evil
  for (const verdict of results.verdicts) verdict.sentence = evil
  for (const host of results.stages[0]?.workloads[0]?.hosts ?? []) host.host = evil
  const { page, text } = await written(results)
  expect(page).not.toContain('<script')
  expect(page).toContain('&lt;script&gt;')
  expect(text).toContain('\\<script\\>')
  expect(text).toContain('\\| y')
})

test('the page says verdicts before figures, and every figure of the summary', async () => {
  const results = await sampleResults(FULL)
  const { page } = await written(results)
  const [first] = results.verdicts
  expect(page.indexOf(first?.sentence ?? 'none')).toBeGreaterThan(0)
  expect(page.indexOf(first?.sentence ?? 'none')).toBeLessThan(page.indexOf('<svg'))
  for (const name of ['1-single-node', '2-split-database', '3-load-balanced', 'checkout', '10d1c40']) expect(page).toContain(name)
  expect(page.match(/Every run of k6 \(63\)/g)).toHaveLength(2)
})

test.each(['partial', 'quick', 'unsized', 'rigLimited'] as const)('%s is said at the top of both reports', async (flag) => {
  const name = flag === 'rigLimited' ? 'load generator was the limit' : flag
  const plain = await written(await sampleResults({ stages: [1, 2], workloads: ['browse', 'checkout'] }))
  const flagged = await written(await sampleResults({ stages: [1, 2], workloads: ['browse', 'checkout'], [flag]: true }))
  expect(plain.page).not.toContain(`<strong>${name}</strong>`)
  expect(flagged.page).toContain(`<strong>${name}</strong>`)
  expect(plain.text).not.toContain(`> **${name}**`)
  expect(flagged.text).toContain(`> **${name}**`)
})

test('an interrupted run names what it did not measure', async () => {
  const { page, text } = await written(await sampleResults({ ...FULL, partial: true }))
  expect(page).toContain('Not measured: 3-load-balanced.')
  expect(text).toContain('3-load-balanced: not measured.')
})

test('a run interrupted before anything was measured still has a report', async () => {
  const results = await sampleResults({ stages: [1, 2], workloads: [], partial: true })
  const { page, text } = await written(results)
  expect(page).toContain('<strong>partial</strong>')
  expect(text).toContain('> **partial**')
})

test('broken data is said before any figure', async () => {
  const results = await sampleResults({ stages: [1], workloads: ['browse'] })
  results.stages[0]?.workloads[0]?.invariants.push({ name: 'stock', ok: false, detail: '3 pieces too many' })
  const { page } = await written(results)
  expect(page).toContain('stage 1, browse: stock (3 pieces too many)')
})

test('results that do not fit the schema are not written', async () => {
  const results = { ...(await sampleResults(FULL)), rounds: -1 }
  await expect(writeReports(results, folder)).rejects.toThrow(/do not fit their schema: \/rounds/)
})

test('a folder that cannot be written is one clear line', async () => {
  const file = path.join(folder, 'file')
  writeFileSync(file, '')
  await expect(writeReports(await sampleResults(FULL), path.join(file, 'reports'))).rejects.toThrow(
    /^cannot write .*results\.json: /,
  )
})

test('servers that share customers have a table and a sentence, where there are any', async () => {
  const results = await sampleResults(FULL)
  expect((await written(results)).page).not.toContain('Servers of customers')
  const shard = { host: 'shard-1', requestShare: 0.52, cpuShare: 0.55, cpuMsPerJourney: 2.2 }
  for (const result of results.stages[2]?.workloads ?? [])
    result.shards = [shard, { ...shard, host: 'shard-2', requestShare: null }]
  const sentence = 'shard-1 is the busiest of two'
  const figures = { servers: 2, cpuMsPerJourney: 2.2, partOfOne: null, mostPart: 0.59 }
  results.shardVerdicts = [{ workload: 'checkout', stage: 3, ...figures, sentence }]
  const { page, text } = await written(results)
  expect(page.match(/Servers of customers/g)).toHaveLength(1)
  for (const shown of [sentence, '<td>shard-2</td>', '<td>52 %</td>', '<td>55 %</td>', '<td>–</td>'])
    expect(page).toContain(shown)
  expect(text).toContain(sentence)
})
