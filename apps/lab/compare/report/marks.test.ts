import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { loadStage, stageNames } from '../../../../infra/stage/catalogue.ts'
import { measuredStage } from '../judge/stage-result.ts'
import { KIND_COLORS, kindColor } from './marks.ts'

test('all kinds of hosts in a comparison of all stages have colours of their own', async () => {
  const stages = await Promise.all((await stageNames()).map(loadStage))
  const hosts = stages.flatMap((stage) => measuredStage({ stage, set: [] }, '', '', 0.15).hosts.filter(({ own }) => own))
  const kinds = [...new Set(hosts.map(({ kind }) => kind))]
  expect(kinds.length).toBeGreaterThan(1)
  expect(new Set(kinds.map((kind) => kindColor(kind, kinds))).size).toBe(kinds.length)
})

test('the style sheet has every colour', () => {
  const css = readFileSync(path.join(import.meta.dirname, 'report.css'), 'utf8')
  for (const color of KIND_COLORS) expect(css).toContain(`${color.slice('var('.length, -1)}:`)
})
