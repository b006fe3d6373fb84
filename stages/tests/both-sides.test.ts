/** `drill --both` on real stages: a drill that is green as the stage is, and red without its protection. */
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import type { Verdict } from '../../apps/lab/drills/both.ts'
import { labProcess } from '../../apps/lab/runner/lab-process.ts'
import { freePortBase } from '../../infra/local/run/free-port-base.ts'
import { STAGE_TAG } from '../../infra/process/command.ts'
import { processesTagged } from '../../infra/process/process-table.ts'
import { testFolder } from '../../infra/process/test-folder.ts'

const TIMEOUT_MS = 300_000
const DRILL = ['drill', '3', 'rolling-restart', '--both', '--unsized', '--json']

test('starts the stage itself, as it is and without the protection, and leaves nothing', { timeout: TIMEOUT_MS }, async () => {
  const data = testFolder()
  const { status, out, error } = await labProcess(DRILL, {
    OUTGROW_DATA: data,
    OUTGROW_PORT_BASE: String(await freePortBase()),
  }).done
  expect(status, error).toBe(0)
  const verdicts: Verdict[] = JSON.parse(out)
  expect(verdicts.map(({ set, verdict, ok }) => ({ set, verdict, ok }))).toEqual([
    { set: [], verdict: 'green', ok: true },
    { set: ['drain=off'], verdict: 'red as expected', ok: true },
  ])
  expect(verdicts.map(({ outcome }) => outcome.protectionOff)).toEqual([[], ['drain=off']])
  expect(processesTagged(STAGE_TAG).filter(({ value }) => value.startsWith(data))).toEqual([])
})

test('leaves a stage alone that runs already', async () => {
  const stage = inject('stages').find((one) => one.stage === 3)
  const { status, out, error } = await labProcess(DRILL, { OUTGROW_DATA: join(stage?.stateFile ?? '', '../../..') }).done
  expect({ status, out }).toEqual({ status: 1, out: '' })
  expect(error).toMatch(/^error: stage 3-load-balanced is already running, started by process \d+.*\n$/)
})

test.each(['1', '19', '1001'])('a drill of %s requests a second could see nothing, or is no drill', async (rate) => {
  const { status, error } = await labProcess(['drill', '3', 'kill-app', '--rate', rate], {}).done
  expect([status, error]).toEqual([1, `error: --rate takes 20 to 1000 requests a second, not "${rate}"\n`])
})
