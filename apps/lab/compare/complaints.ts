import type { Results } from './results.ts'

/** Sentences that say what is wrong with what was measured; none where everything that was asked for is there. */
export function complaintsOf(results: Results): string[] {
  return [...unkept(results), ...broken(results)]
}

/** What was loaded and never kept up has no capacity, so that there is nothing to compare. */
function unkept({ stages }: Results): string[] {
  const all = stages.flatMap(({ name, workloads }) =>
    workloads.filter(({ loads }) => loads.length > 0).map((one) => ({ name, ...one })),
  )
  const without = all.filter(({ capacityByRound }) => capacityByRound.length === 0)
  if (without.length > 0 && without.length === all.length)
    return ['nothing was compared: no stage kept up at any rate that was tried']
  return without.map(({ name, workload }) => `${name}, ${workload}: it kept up at no rate that was tried, so it is not compared`)
}

function broken({ stages }: Results): string[] {
  return stages.flatMap(({ name, workloads }) =>
    workloads.flatMap(({ workload, invariants }) =>
      invariants
        .filter(({ ok }) => !ok)
        .map((one) => `${name}, ${workload}: the invariant ${one.name} was broken: ${one.detail}`),
    ),
  )
}
