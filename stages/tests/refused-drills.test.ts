/** What is no drill, or not for this stage, is answered with one line, and nothing is started or touched. */
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { labProcess } from '../../apps/lab/runner/lab-process.ts'

test.each([
  [['1', 'kill-app'], /^error: this drill needs 2 copies of the app; stage 1 has one\n$/],
  [['3', 'kill-primary'], /^error: this drill needs a database with replicas; stage 3 has none\n$/],
  [['3', 'kill-redis-cache'], /^error: this drill needs 1 Redis servers for cache; stage 3 has 0\n$/],
  [['3', 'kill-app', '--both'], /^error: stage 3-load-balanced is already running, started by process \d+.*\n$/],
  [['3', 'nope', '--both'], /^error: there is no drill "nope" for stage 3; usage: /],
  [['3', 'kill-app', '--rate', '19'], /^error: --rate takes 20 to 1000 requests a second, not "19"\n$/],
  [['3', 'kill-app', '--rate', '1001'], /^error: --rate takes 20 to 1000 requests a second, not "1001"\n$/],
])('drill %j', async (args, complaint) => {
  const [stage] = inject('stages')
  const run = labProcess(['drill', ...args], { OUTGROW_DATA: join(stage?.stateFile ?? '', '../../..') })
  const { status, out, error } = await run.done
  expect({ status, out }).toEqual({ status: 1, out: '' })
  expect(error).toMatch(complaint)
})
