import { expect, test } from 'vitest'
import { markdownReport } from './markdown-report.ts'
import { sampleResults } from './sample-results.ts'

test('verdicts first, then a table for each workload, the machine last', async () => {
  const results = await sampleResults({ stages: [1, 2], workloads: ['browse'], handicap: { 2: 2.2 } })
  expect(markdownReport(results)).toMatchInlineSnapshot(`
    "# Stages compared

    - ▼ slower **browse**: Stage 2 is slower: 0.70 times stage 1 (11.4 → 8.0 journeys a second), with 2 hosts instead of 1; the next bottleneck is app-1.

    ## browse

    | stage | hosts | capacity | of bound | bottleneck | CPU ms | queries | hits | available | cost |
    |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|
    | 1-single-node | 1 | 11.4 (11.3–11.4) | 94 % | node | 12.4 | 6.02 | – | 99.98 % | 88.0 |
    | 2-split-database | 2 | 8.03 (7.84–8.15) | 93 % | app-1 | 27.5 | 13.2 | – | 99.98 % | 249 |

    Capacity: finished journeys a second, median (lowest–highest round). CPU ms, queries: for each journey. Cost: host seconds for 1,000 journeys.

    | at equal load | load (of the smallest capacity) | p50 ms | p95 ms | p99 ms |
    |---|---:|---:|---:|---:|
    | 1-single-node | 4.01/s (50 %) | 13.5 (12.9–13.5) | 38.5 (37.9–38.6) | 57.5 (55.2–59.2) |
    | 1-single-node | 6.42/s (80 %) | 18.5 (17.9–19.0) | 55.1 (53.8–55.4) | 79.4 (78.3–81.7) |
    | 2-split-database | 4.01/s (50 %) | 16.3 (15.5–16.7) | 46.7 (45.3–47.5) | 70.8 (70.8–71.2) |
    | 2-split-database | 6.42/s (80 %) | 31.7 (31.4–32.9) | 94.0 (89.3–95.2) | 141 (138–141) |

    - 1-single-node: node used 94 % of its 0.15 CPU at capacity, 12.4 ms for each journey.
    - 2-split-database: app-1 used 93 % of its 0.15 CPU at capacity, 17.4 ms for each journey.

    _2 × Example CPU @ 2.60GHz, hosts of 0.15 CPU (cgroup v1), Node 24.21.0, MySQL 9.7.0, HAProxy 2.6.12, k6 1.8.1; 3 rounds; commit 10d1c40, 2025-06-03_
    "
  `)
})

test('every table row has as many cells as its head', async () => {
  const text = markdownReport(await sampleResults({ stages: [1, 2, 3], workloads: ['browse', 'checkout'] }))
  const tables = text.split('\n\n').filter((block) => block.startsWith('|'))
  expect(tables).toHaveLength(4)
  for (const table of tables) expect(new Set(table.split('\n').map((row) => row.split('|').length)).size).toBe(1)
})
