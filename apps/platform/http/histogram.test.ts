import { Histogram as Original, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { Histogram } from './histogram.ts'

const OPTIONS = { name: 'seconds', help: 'Time', labelNames: ['route', 'status'] as const, buckets: [0.1, 1, 10] }

test('it reads like one of prom-client, which was told the same', async () => {
  const [ours, theirs] = [new Registry(), new Registry()]
  const histogram = new Histogram(OPTIONS, ours)
  const original = new Original({
    ...OPTIONS,
    labelNames: [...OPTIONS.labelNames],
    buckets: [...OPTIONS.buckets],
    registers: [theirs],
  })
  for (const registry of [ours, theirs]) registry.setDefaultLabels({ app: 'app-1' })
  for (const [route, value] of [
    ['/a', 0.1],
    ['/b"', 0.5],
    ['/a', 2],
    ['/a', 11],
    ['/a', 0],
  ] as const) {
    histogram.of(route, '200').observe(value)
    original.labels(route, '200').observe(value)
  }
  histogram.of('/never', '200')
  expect(linesOf(await ours.metrics())).toEqual(linesOf(await theirs.metrics()))
})

/** In no order of their labels. */
function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.replace(/\{(.*)\}/, (_, labels: string) => labels.split(',').toSorted().join()))
}
