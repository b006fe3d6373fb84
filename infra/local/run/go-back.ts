import type { Program } from '../../stage/plan.ts'
import { isOurs } from './callers.ts'
import type { PlanChange } from './plan-change.ts'

type Means = {
  startAnew(program: Program): Promise<void>
  tellPrograms(): Promise<void>
  end(programs: readonly Program[]): Promise<void>
}

/** From a plan that could not be had, as far as it gets: why it could not is what its asker has to know, so what fails here is told the log. */
export async function goBack({ gone, changed }: Pick<PlanChange, 'gone' | 'changed'>, means: Means): Promise<void> {
  const startAgain = (programs: readonly Program[]) => programs.map((program) => () => means.startAnew(program))
  // Callers among them: nobody can be told anything before they are back.
  const callers = startAgain(changed.filter(isOurs))
  const others = startAgain(changed.filter((program) => !isOurs(program)))
  for (const step of [...callers, () => means.tellPrograms(), () => means.end(gone), ...others])
    await step().catch((error) => console.error(`${new Date().toISOString()} while going back: ${error}`))
}
