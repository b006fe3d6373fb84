/** Servers of one store, and who watches over them: in a picture one stack of boxes, to which one arrow leads. */
import type { Plan, Program } from '../stage/plan.ts'

/** The plan with one program for each stack, which bears the name of its first member; and the members of each. */
export type StackedPlan = { readonly plan: Plan; readonly stacks: ReadonlyMap<string, readonly Program[]> }

export function stackedPlan(plan: Plan): StackedPlan {
  const stacks = new Map<string, Program[]>()
  const firstOf = new Map<string, string>()
  for (const program of plan.programs) {
    const key = stackOf(program)
    const first = firstOf.get(key) ?? program.name
    firstOf.set(key, first)
    stacks.set(first, [...(stacks.get(first) ?? []), program])
  }
  const leader = (name: string) => firstOf.get(stackOf(programNamed(name, plan))) ?? name
  const programs = [...stacks].map(([name, members]): Program => {
    const after = new Set(members.flatMap((member) => member.after.map(leader)))
    after.delete(name)
    return { ...programNamed(name, plan), after: [...after] }
  })
  return { plan: { ...plan, programs }, stacks }
}

/** Programs that answer the same stand in one stack. */
function stackOf(program: Program): string {
  switch (program.kind) {
    case 'mysql':
      return program.bucketsOf ? `buckets of ${program.bucketsOf}` : `${program.failover ?? program.name} and what it watches`
    case 'failover':
      return program.bucketsOf ? `buckets of ${program.bucketsOf}` : `${program.name} and what it watches`
    case 'redis':
      return program.cluster ? `shard ${program.cluster.shard} of ${program.group}` : `group ${program.group}`
    case 'sentinel':
      return `group ${program.group}`
    default:
      return program.name
  }
}

function programNamed(name: string, { programs }: Plan): Program {
  const program = programs.find((candidate) => candidate.name === name)
  if (!program) throw new Error(`the plan has no program called ${name}`)
  return program
}
