import type { Build, Builds } from '../../stage/app-programs.ts'
import { appsOf, type Plan } from '../../stage/plan.ts'
import type { Deployed } from '../state/plan-request.ts'

type Now = { readonly builds: Builds; readonly programs: readonly { readonly name: string }[] }

/** Of each copy in a plan: what is deployed, else what it runs; one that comes to others has the build of the first of them. */
export function buildsIn(
  plan: Plan,
  { builds, programs }: Now,
  { programs: deployed, build }: Deployed = { programs: [] },
): Builds {
  const found = appsOf(plan).flatMap(({ name, service }): [string, Build | undefined][] => {
    if (deployed.includes(name)) return [[name, build]]
    const runs = programs.some((program) => program.name === name)
    return [[name, builds[runs ? name : `${service}-1`]]]
  })
  return Object.fromEntries(found.filter((one): one is [string, Build] => one[1] !== undefined))
}
