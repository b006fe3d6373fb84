import { expect, it } from 'vitest'
import { loadStage, stageNames } from './catalogue.ts'

it('finds a stage by its number and by its name', async () => {
  expect((await loadStage('3')).name).toBe('3-load-balanced')
  expect(await loadStage('3-load-balanced')).toBe(await loadStage('3'))
})

it('holds each page to its file name', async () => {
  for (const name of stageNames()) expect((await loadStage(name)).name).toBe(name)
})

it.each(['9', '', '../plan', '1-'])('lists the stages when there is no stage "%s"', async (reference) => {
  await expect(loadStage(reference)).rejects.toThrow(
    `there is no stage "${reference}"; there are: 1-single-node, 2-split-database`,
  )
})
