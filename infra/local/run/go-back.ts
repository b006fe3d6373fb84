import type { Program } from '../../stage/plan.ts'
import { isOurs } from './callers.ts'
import type { PlanChange } from './plan-change.ts'

type Means = {
  startAnew(program: Program): Promise<void>
  tellPrograms(): Promise<void>
  end(programs: readonly Program[]): Promise<void>
}

/** `begun`: whose place was to be taken already. The others run as before, and are asked meanwhile. */
type Failed = Pick<PlanChange, 'gone' | 'changed'> & { readonly begun: ReadonlySet<string> }

/** From a plan that could not be had, as far as it gets: why it could not is what its asker has to know, so what fails here is told the log. */
export async function goBack({ gone, changed, begun }: Failed, means: Means): Promise<void> {
  const startAgain = (programs: readonly Program[]) => programs.map((program) => () => means.startAnew(program))
  // Callers among them: nobody can be told anything before they are back.
  const touched = changed.filter(({ name }) => begun.has(name))
  const callers = startAgain(touched.filter(isOurs))
  const others = startAgain(touched.filter((program) => !isOurs(program)))
  for (const step of [...callers, () => means.tellPrograms(), () => means.end(gone), ...others])
    await step().catch((error) => console.error(`${new Date().toISOString()} while going back: ${error}`))
}
