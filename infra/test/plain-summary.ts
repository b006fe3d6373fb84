import { relative } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'
import { minutesByArea, overBudget } from './durations.ts'

/** Ends the run with what its tests took, and with one line that any tool can read: `12 passed, 0 failed, 1 skipped`. */
export default class PlainSummary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state] += 1
      count.failed += brokenSuites(module)
    }
    const files = modules.map((module) => ({ file: relative(process.cwd(), module.moduleId), ms: timeOf(module) }))
    for (const line of [...minutesByArea(files), ...overBudget(files)]) console.log(line)
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
  }
}

/** Files and suites that broke outside of a test, as in a `beforeAll`: their tests count as skipped, and they must not go unseen. */
function brokenSuites(module: TestModule): number {
  const suites = [...module.children.allSuites()]
  return [module, ...suites].filter((suite) => suite.errors().length > 0).length
}

/** With its imports and hooks. */
function timeOf(module: TestModule): number {
  const { setupDuration, collectDuration, duration } = module.diagnostic()
  return setupDuration + collectDuration + duration
}
