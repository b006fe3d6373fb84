import { describe, expect, test } from 'vitest'
import { settingsOf } from '../../../../infra/stage/settings.ts'
import { lessonsIn, measuredBlock, withBlock, withoutExperiments } from './lessons.ts'
import { sampleResults } from './sample-results.ts'

const LESSON = '# Stage 3\n\nWords.\n\n<!-- measured -->\nan old table\n<!-- /measured -->\n\nMore words.\n'

const ALL = { stages: [1, 2, 3], workloads: ['browse'] }

describe('a lesson', () => {
  test('keeps its words and gets the new block between the marks, however often', () => {
    const once = withBlock(LESSON, 'measured', '| new |')
    expect(once).toBe('# Stage 3\n\nWords.\n\n<!-- measured -->\n\n| new |\n\n<!-- /measured -->\n\nMore words.\n')
    expect(withBlock(once ?? '', 'measured', '| new |')).toBe(once)
  })
  test('without marks, or with them the wrong way round, is left alone', () => {
    expect(withBlock(LESSON, 'skew', 'x')).toBeUndefined()
    expect(withBlock('# Stage 3', 'measured', 'x')).toBeUndefined()
    expect(withBlock('<!-- /measured --> <!-- measured -->', 'measured', 'x')).toBeUndefined()
  })
})

describe('the measured block', () => {
  test('leaves columns with settings of their own out, and the verdicts on them', async () => {
    const results = await sampleResults({ stages: [2, 2, 3], workloads: ['browse'] })
    const stages = results.stages.map((stage, index) => {
      const settings = { ...settingsOf(stage.settings as never), ...(index === 1 && { queryDelayMs: 5 }) }
      return { ...stage, name: index === 1 ? `${stage.name} queryDelayMs=5` : stage.name, settings }
    })
    const plain = await withoutExperiments({ ...results, stages })
    expect(plain.stages.map(({ name }) => name)).toEqual(['2-split-database', '3-load-balanced'])
    expect(plain.verdicts).toHaveLength(1)
    expect(measuredBlock(plain, 3)).not.toContain('queryDelayMs')
  })
  test('is written into lessons whose step was measured, and into the first', async () => {
    const [some, all] = [await sampleResults({ stages: [2, 3], workloads: ['browse'] }), await sampleResults(ALL)]
    expect([some, all].map((results) => lessonsIn(results).map(({ stage }) => stage))).toEqual([[3], [1, 2, 3]])
  })
  test('has the stages up to the lesson, the step that led to it, the machine and the commit', async () => {
    const results = await sampleResults({ stages: [1, 2, 3], workloads: ['browse'] })
    const block = measuredBlock(results, 2)
    expect(block.split('\n').filter((line) => /^\| \d/.test(line))).toHaveLength(2)
    expect(block).toContain(`- **browse**: ${results.verdicts.find(({ to }) => to === 2)?.sentence}`)
    expect(block).not.toContain('3-load-balanced')
    expect(block).toContain(results.commit)
    expect(block).toContain(results.machine.cpuModel)
  })
})
