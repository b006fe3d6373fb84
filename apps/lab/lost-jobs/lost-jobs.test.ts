import { expect, test } from 'vitest'
import { lostJobsTable } from './lost-jobs.ts'
import { measureLostJobs } from './measure.ts'

test('of a list each worker that is killed takes a job along; of BullMQ none is lost', async () => {
  const results = await measureLostJobs({ jobs: 40, kills: 3 }, AbortSignal.timeout(150_000))
  const [list, bull] = results
  expect(list?.lost).toBe(3)
  expect(bull?.lost).toBe(0)
  expect(lostJobsTable(results, 'markdown')).toMatch(/^\| BullMQ \| 40 \| 3 \| 0 \| \d+ \|$/m)
}, 180_000)
