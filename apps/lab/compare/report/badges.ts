import type { Results } from '../results.ts'

/** What a reader must know before any figure. */
export type Badge = { readonly name: string; readonly meaning: string }

export function badgesOf(results: Results): Badge[] {
  const broken = brokenInvariants(results)
  return [
    results.partial && { name: 'partial', meaning: 'The run was interrupted: only what was measured until then is here.' },
    results.quick && { name: 'quick', meaning: 'Short rounds: good for a first look, not for a decision.' },
    results.hostSizeCpu === null && {
      name: 'unsized',
      meaning: 'Hosts had no CPU limit, so they took from one another: ratios between stages mean little.',
    },
    results.rig.limited && {
      name: 'load generator was the limit',
      meaning: 'k6 reached its own ceiling somewhere: the stage may do more than these figures say.',
    },
    broken.length > 0 && { name: 'data was wrong', meaning: `After the load something did not add up: ${broken.join('; ')}.` },
  ].filter((badge) => badge !== false)
}

function brokenInvariants({ stages }: Results): string[] {
  return stages.flatMap(({ stage, workloads }) =>
    workloads.flatMap(({ workload, invariants }) =>
      invariants.filter(({ ok }) => !ok).map(({ name, detail }) => `stage ${stage}, ${workload}: ${name} (${detail})`),
    ),
  )
}
