import { writeAtomically } from '../../process/atomic-file.ts'
import type { Plan } from '../../stage/plan.ts'

export function writeTopology(file: string, plan: Plan, sizeCpu: number | null): void {
  writeAtomically(file, topologyOf(plan, sizeCpu))
}

/** What `GET /topology` answers: the plan as it runs, without secrets. `sizeCpu` null is a host without a limit. */
export function topologyOf(plan: Plan, sizeCpu: number | null): string {
  const hosts = plan.hosts.map(({ name, sized, programs }) => ({
    name,
    sizeCpu: sized ? sizeCpu : null,
    programs: plan.programs
      .filter((program) => programs.includes(program.name))
      .map(({ name, kind, port, after }) => ({ name, kind, port, after })),
  }))
  return JSON.stringify({ stage: plan.stage, name: plan.name, url: plan.url, settings: plan.settings, hosts })
}
