import type { Stage } from '../../../../infra/stage/topology.ts'
import type { Cell, Measurements } from '../measure/measurements.ts'
import { oddRounds } from '../measure/odd-rounds.ts'
import { CROWDED_IDLE_SHARE } from '../measure/pauses.ts'
import { MOST_ERRORS } from '../protocol.ts'
import { type Results, SCHEMA_VERSION } from '../results.ts'
import { shardVerdictsOf } from './shards.ts'
import { stageResult } from './stage-result.ts'
import { rate, verdictsAgainst, verdictsOf } from './verdicts.ts'

/** From here on k6 itself may be what is measured. */
const GENERATOR_CPU_LIMIT = 0.85
const CEILING_SHARE_LIMIT = 0.7

/** The document of a comparison, finished or not. */
export function resultsOf(
  measurements: Measurements,
  { partial, catalogue }: { partial: boolean; catalogue: readonly Stage[] },
): Results {
  const { request, startedAt, order, machine, commit, seedChecksum, hostSizeCpu, p95Ms } = measurements
  const stages = measurements.stages.map((_, index) => stageResult(measurements, index, catalogue))
  const against = request.against && againstOf(request.against, measurements, stages)
  return {
    schemaVersion: SCHEMA_VERSION,
    startedAt: startedAt.toISOString(),
    finishedAt: new Date().toISOString(),
    partial,
    quick: request.quick,
    commit,
    command: request.command,
    machine,
    hostSizeCpu,
    rounds: request.protocol.rounds,
    order: order.map((round) => [...round]),
    seedChecksum,
    limits: { p95Ms, errorShare: MOST_ERRORS },
    rig: rigOf(measurements),
    stages,
    verdicts: verdictsOf(stages),
    ...shardVerdictsOf(stages),
    ...(against && { against }),
  }
}

function rigOf({ cells, stages, ceilingRate, hostSizeCpu, sizeNote }: Measurements): Results['rig'] {
  const loads = cells.flatMap(({ rounds }) => rounds.flatMap(({ demand, search }) => [demand, ...search]))
  const busy = loads.filter(({ result }) => result.generatorCpuShare > GENERATOR_CPU_LIMIT).length
  const near = loads.filter(({ result, requests }) => requests.sent / result.durationS > CEILING_SHARE_LIMIT * ceilingRate).length
  const crowded = loads.filter(({ machine }) => machine.idleShare < CROWDED_IDLE_SHARE).length
  const notes = [
    ...(sizeNote === undefined ? [] : [sizeNote]),
    ...(crowded > 0 && hostSizeCpu !== null
      ? [
          `in ${crowded} of ${loads.length} loads the machine had less than ${100 * CROWDED_IDLE_SHARE} % left over: something else may run on it`,
        ]
      : []),
    ...(busy > 0 ? [`k6 used more than ${GENERATOR_CPU_LIMIT} CPU in ${busy} of ${loads.length} loads`] : []),
    ...(near > 0 ? [`${near} of ${loads.length} loads came within ${CEILING_SHARE_LIMIT} of what k6 can send here`] : []),
    ...cells.flatMap((cell) => oddRoundNotes(cell, stages[cell.contestant]?.label ?? '')),
    ...(hostSizeCpu === null ? ['hosts are unsized: stages share the machine, and more hosts are no more capacity'] : []),
  ]
  return { ceilingRate, limited: busy + near > 0, notes }
}

function oddRoundNotes({ workload, rounds }: Cell, label: string): string[] {
  return oddRounds(rounds).map(
    ({ round, capacity, usual, why }) =>
      `${workload} on ${label}: round ${round} kept up with ${rate(capacity)} journeys a second, the middle one with ${rate(usual)}: ${why}`,
  )
}

function againstOf(
  earlier: Results,
  { machine, commit, hostSizeCpu, p95Ms }: Measurements,
  stages: Results['stages'],
): Results['against'] {
  const differs = (what: string, was: unknown, is: unknown) => (was === is ? [] : [`${what}: ${was} then, ${is} now`])
  const notes = [
    ...differs('CPU', earlier.machine.cpuModel, machine.cpuModel),
    ...differs('CPUs', earlier.machine.cpus, machine.cpus),
    ...differs('host size', earlier.hostSizeCpu, hostSizeCpu),
    ...differs('milliseconds that a request may take', earlier.limits.p95Ms, p95Ms),
    ...differs('database', earlier.machine.database, machine.database),
    ...differs('commit', earlier.commit, commit),
    ...(earlier.partial ? ['the earlier report is partial'] : []),
  ]
  return { startedAt: earlier.startedAt, commit: earlier.commit, notes, verdicts: verdictsAgainst(earlier, stages) }
}
