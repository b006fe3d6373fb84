/** The benchmark as a process of its own that is disturbed: nothing that it started may outlive it. */
import { readdirSync } from 'node:fs'
import { expect, it, onTestFinished, vi } from 'vitest'
import { processesTagged } from '../../../infra/process/process-table.ts'
import { testFolder } from '../../../infra/process/test-folder.ts'
import { labProcess } from '../runner/lab-process.ts'

const WITHIN = { timeout: 50_000, interval: 50 }

/** What asks for an end in order is one to `interruptible`, as the tests of loads show. */
it.each(['SIGTERM', 'SIGKILL'] as const)('leaves no process and no file after %s', async (signal) => {
  const folder = testFolder()
  const run = labProcess(['bench'], { TMPDIR: folder })
  onTestFinished(() => void run.child.kill('SIGKILL'))
  await vi.waitFor(() => expect(run.said.error).toContain('warming up'), WITHIN)
  expect(processesIn(folder).length).toBeGreaterThanOrEqual(5)
  expect(readdirSync(folder).length).toBeGreaterThanOrEqual(2)
  run.child.kill(signal)
  const { status, error } = await run.done
  const ended = signal === 'SIGKILL' ? [null, false] : [1, true]
  expect([status, error.endsWith('error: interrupted; nothing is left running\n')]).toEqual(ended)
  await vi.waitFor(() => expect([processesIn(folder), readdirSync(folder)]).toEqual([[], []]), WITHIN)
})

/** Everything that was told to keep its temporary files there. */
function processesIn(folder: string): number[] {
  return processesTagged('TMPDIR')
    .filter(({ value }) => value === folder)
    .map(({ pid }) => pid)
}
