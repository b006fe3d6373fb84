import type { Results } from '../results.ts'
import { figure, percent } from './figures.ts'

/** Everything that somebody needs who wants to measure the same again. */
export function circumstancesOf(results: Results): [name: string, value: string][] {
  const { machine, rig, limits, hostSizeCpu } = results
  const size = hostSizeCpu === null ? 'without a limit' : `${hostSizeCpu} CPU each (${machine.limits})`
  return [
    ['command', results.command],
    ['commit', results.commit],
    ['when', `${results.startedAt} to ${results.finishedAt}`],
    ['machine', `${machine.cpus} × ${machine.cpuModel}, ${figure(machine.memoryMiB)} MiB, ${machine.os}`],
    ['versions', `Node ${machine.node}, ${machine.database}, HAProxy ${machine.haproxy}, k6 ${machine.k6}`],
    ['hosts', size],
    ['data', `seed ${results.seedChecksum}, set back before each round`],
    [
      'keeps up when',
      `p95 ≤ ${limits.p95Ms} ms, errors ≤ ${percent(limits.errorShare)} and nothing dropped, counted in finished journeys`,
    ],
    ['order of rounds', results.order.map((round) => round.join(' ')).join(' · ')],
    ['load generator', [`up to ${figure(rig.ceilingRate)} requests a second against a constant answer`, ...rig.notes].join('. ')],
  ]
}

export function machineLine({ machine, commit, hostSizeCpu, rounds, startedAt }: Results): string {
  const size = hostSizeCpu === null ? 'hosts unsized' : `hosts of ${hostSizeCpu} CPU (${machine.limits})`
  const versions = `Node ${machine.node}, ${machine.database}, HAProxy ${machine.haproxy}, k6 ${machine.k6}`
  return `${machine.cpus} × ${machine.cpuModel}, ${size}, ${versions}; ${rounds} rounds; commit ${commit}, ${startedAt.slice(0, 10)}`
}
