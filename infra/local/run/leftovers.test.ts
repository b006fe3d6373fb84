import { mkdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { STAGE_TAG } from '../../process/command.ts'
import { isRunning } from '../../process/process-table.ts'
import { testFolder } from '../../process/test-folder.ts'
import { SLEEP, testProcess } from '../../process/test-process.ts'
import { stageFiles } from '../state/data-folder.ts'
import { endLeftovers, leftoversOf } from './leftovers.ts'

it('ends what bears the tag of the stage, and nothing of another one', async () => {
  const [files, others] = ['1-single-node', '1-single-node'].map((name) => stageFiles(name, testFolder()))
  if (!files || !others) throw new Error('unreachable')
  mkdirSync(files.folder, { recursive: true })
  const own = await testProcess(SLEEP, { [STAGE_TAG]: files.folder })
  const other = await testProcess(SLEEP, { [STAGE_TAG]: others.folder })
  const untagged = await testProcess(SLEEP)
  expect(leftoversOf(files).map(({ pid }) => pid)).toEqual([own.pid])
  expect(await endLeftovers(files)).toBe(1)
  expect([own, other, untagged].map(isRunning)).toEqual([false, true, true])
  expect(leftoversOf(files)).toEqual([])
})
