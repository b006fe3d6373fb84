/** The report as a room sees it: every chart drawn, nothing cut, nothing loaded, at every size and in both colour schemes. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, launchChromium } from './chromium.ts'
import { type Area, type Inks, inksOf } from './picture-inks.ts'
import { type Sample, sampleResults } from './sample-results.ts'
import { writeReports } from './write-reports.ts'

const SIZES = [
  { width: 1_280, height: 800 },
  { width: 1_920, height: 1_080 },
  { width: 1_024, height: 768 },
  { width: 400, height: 800 },
]
const SCHEMES = ['light', 'dark'] as const
const SAMPLES: Readonly<Record<string, Sample>> = {
  'one stage': { stages: [1], workloads: ['browse'] },
  'three stages, two workloads': { stages: [1, 2, 3], workloads: ['browse', 'checkout'] },
  'an interrupted run': { stages: [1, 2, 3], workloads: ['browse', 'checkout'], partial: true, quick: true, unsized: true },
  'a stage that got slower': { stages: [1, 2], workloads: ['browse'], handicap: { 2: 2.2 }, rigLimited: true },
}
const FINDINGS = readFileSync(path.join(import.meta.dirname, 'page-findings.mjs'), 'utf8')
/** Ink, axis, grid, paper and the series' own. */
const LEAST_COLORS = 4
const LEAST_INK = 0.02
const MOST_INK = 0.75

/** Capacity, cost, CPU and three panels of latency for each workload. */
const CHARTS_A_WORKLOAD = 6

const executable = chromiumPath()
if (executable === undefined) console.warn('skipped: the report in a browser. There is no chromium; OUTGROW_CHROMIUM names one.')

describe.skipIf(executable === undefined)('the report in a browser', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'outgrow-report-'))
  let browser: Browser
  /** Blank: it counts what the screenshots of the others show. */
  let counter: Page
  beforeAll(async () => {
    browser = await launchChromium(executable ?? '')
    counter = await browser.newPage()
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true })
  })

  describe.each(Object.entries(SAMPLES))('%s', (_, sample) => {
    let address = ''
    beforeAll(async () => {
      address = pathToFileURL((await writeReports(await sampleResults(sample), folder)).html).href
    })

    test.each(viewsOf(sample))('$viewport.width × $viewport.height, $colorScheme', async (view) => {
      const page = await browser.newPage(view)
      const noise = listen(page)
      await page.goto(address)
      expect(await page.evaluate(FINDINGS)).toEqual([])
      const charts = await chartInks(counter, page)
      expect(charts).toHaveLength(CHARTS_A_WORKLOAD * sample.workloads.length)
      expect(charts.filter(isDull)).toEqual([])
      expect(noise).toEqual([address])
      await page.close()
    })
  })
})

/** The largest report at every size, the others at one wide and one narrow; each size in the other scheme than there. */
function viewsOf({ stages, partial }: Sample): BrowserContextOptions[] {
  const isLargest = stages.length === 3 && !partial
  const sizes = isLargest ? SIZES : SIZES.filter((_, index) => index === 0 || index === SIZES.length - 1)
  return sizes.map((viewport, index) => ({ viewport, colorScheme: SCHEMES[(index + (isLargest ? 1 : 0)) % 2] ?? 'light' }))
}

/** Everything that a page which needs nothing must not do: the first request is for itself. */
function listen(page: Page): string[] {
  const noise: string[] = []
  page.on('request', (request) => noise.push(request.url()))
  page.on('console', (message) => noise.push(message.text()))
  page.on('pageerror', (error) => noise.push(error.message))
  return noise
}

async function chartInks(counter: Page, page: Page): Promise<Inks[]> {
  const areas = await page.evaluate<Area[]>(CHART_AREAS)
  return inksOf(counter, await page.screenshot({ fullPage: true }), areas)
}

/** Runs in the browser: where the charts are that this size of page shows. */
const CHART_AREAS = `[...document.querySelectorAll('svg')].map((svg) => {
  const { x, y, width, height } = svg.getBoundingClientRect()
  const name = svg.getAttribute('aria-label')
  return { name, x: Math.round(x), y: Math.round(y + scrollY), width: Math.floor(width), height: Math.floor(height) }
}).filter(({ width }) => width > 0)`

/** Nothing to be seen, or so much ink that something is wrong. */
function isDull({ colors, inkShare }: Inks): boolean {
  return colors < LEAST_COLORS || inkShare < LEAST_INK || inkShare > MOST_INK
}
