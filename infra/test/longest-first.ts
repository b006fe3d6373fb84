import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { budgetOf } from './budgets.ts'

/** Files of a project begin in the order of their budgets, so that no worker comes to a long one when the others have nothing left. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const budget = ({ moduleId }: TestSpecification) => budgetOf(relative(process.cwd(), moduleId))
    return (await super.sort(files)).toSorted((one, other) => budget(other) - budget(one))
  }
}
