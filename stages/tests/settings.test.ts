import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stageNames } from '../../infra/stage/catalogue.ts'
import { EXPERIMENTS, KNOBS } from '../../infra/stage/settings.ts'

const root = join(import.meta.dirname, '../..')
const lessons = ['README.md', ...stageNames().map((name) => `stages/${name}.md`)].map((page) =>
  readFileSync(join(root, page), 'utf8'),
)

test.each(Object.keys(EXPERIMENTS))('the experiment %s is shown by a lesson', (name) => {
  expect(lessons.some((text) => new RegExp(`(?:--set |\`)${name}=`).test(text))).toBe(true)
})

test('a setting is an experiment or a knob', () => {
  expect(Object.keys(EXPERIMENTS).filter((name) => name in KNOBS)).toEqual([])
})
