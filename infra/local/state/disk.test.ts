import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { testFolder } from '../../process/test-folder.ts'
import { loadStage } from '../../stage/catalogue.ts'
import { planOf } from '../../stage/plan.ts'
import { stageFiles } from './data-folder.ts'
import { checkDisk, makeStageFolder } from './disk.ts'

const megabytes = (free: number) => async () => free

const planOfStage = async (reference: string) => planOf(await loadStage(reference), { portBase: 4_000 })

it('wants 500 MB for a first start and 50 for a later one', async () => {
  const plan = await planOfStage('1')
  const files = stageFiles('1-single-node', testFolder())
  await expect(checkDisk(files, plan, megabytes(499))).rejects.toThrow(
    `only 499 MB are free in ${files.folder}, and 500 MB are needed`,
  )
  await checkDisk(files, plan, megabytes(500))
  writeFileSync(files.secrets, '{}')
  await checkDisk(files, plan, megabytes(50))
  await expect(checkDisk(files, plan, megabytes(49))).rejects.toThrow('50 MB are needed')
})

it('wants room for each of many databases', async () => {
  const files = stageFiles('5-sharded', testFolder())
  await expect(checkDisk(files, await planOfStage('5'), megabytes(1_399))).rejects.toThrow('1400 MB are needed')
})

it('says in one line why a data folder cannot be written', async () => {
  const root = testFolder()
  writeFileSync(path.join(root, 'stages'), '')
  const error = await checkDisk(stageFiles('1-single-node', root), await planOfStage('1')).catch((error: Error) => error.message)
  expect(error).toMatch(/^cannot write to the data folder \S+: a part of its path is a file; set OUTGROW_DATA/)
})

it.each([':', '?', '*', '[', '$'])('names a %s in the path of the data folder, which a server cannot read', async (character) => {
  const files = stageFiles('1-single-node', path.join(testFolder(), `a${character}b`))
  await expect(makeStageFolder(files)).rejects.toThrow(`with "${character}" in its path: ${files.folder}; set OUTGROW_DATA`)
})
