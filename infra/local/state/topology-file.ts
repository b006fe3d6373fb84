import { writeAtomically } from '../../process/atomic-file.ts'
import type { Plan } from '../../stage/plan.ts'

/** What `GET /topology` answers: the plan as it runs, without secrets. `sizeCpu` null is a host without a limit. */
export function writeTopology(file: string, plan: Plan, sizeCpu: number | null): void {
  const hosts = plan.hosts.map(({ name, sized, programs }) => ({
    name,
    sizeCpu: sized ? sizeCpu : null,
    programs: plan.programs
      .filter((program) => programs.includes(program.name))
      .map(({ name, kind, port, after }) => ({ name, kind, port, after })),
  }))
  writeAtomically(file, JSON.stringify({ stage: plan.stage, name: plan.name, url: plan.url, settings: plan.settings, hosts }))
}
