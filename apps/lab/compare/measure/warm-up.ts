/** A fresh Node process compiles what it runs often: load before anything is measured, at full speed so that it takes seconds. */

import { tightestOf } from '../law.ts'
import type { Protocol } from '../protocol.ts'
import type { ComparedWorkload } from '../request.ts'
import type { ComparedStage } from './compared-stage.ts'
import { cpusOf, type Generator, type Measured, measure } from './probe.ts'

/** More than a stage can do, with few journeys at a time: it works at its own pace. Buying takes a log-in for every 80 orders. */
const RATES: Readonly<Record<ComparedWorkload, number>> = { browse: 400, checkout: 150, mixed: 150 }
const FEW_AT_A_TIME = { P95_MS: '25' }
/** CPU a journey has stopped falling when a slice takes no less than this part of the least so far. */
const STILL_FALLING = 0.97
/** What a sized host does of what its CPU demand at full speed promises: work done in turns of 1.5 ms finds cold caches. */
const SIZED_SHARE = 0.55

export type WarmUp = {
  readonly workload: ComparedWorkload
  readonly protocol: Protocol
  readonly sizeCpu: number | null
  readonly machineCpus: number
}

/** Answers the capacity that CPU demand promises: the first guess of the search. */
export async function warmUp(generator: Generator, stage: ComparedStage, options: WarmUp): Promise<number> {
  const { workload, protocol } = options
  const slice = {
    workload,
    round: 0,
    purpose: 'warm-up',
    rate: RATES[workload],
    durationS: protocol.warmUpSliceS,
    env: FEW_AT_A_TIME,
  } as const
  let least = Number.POSITIVE_INFINITY
  for (let count = 1; ; count++) {
    const measured = await measure(generator, stage, slice)
    const cpuMs = demandsOf(stage, measured, null).reduce((total, { cpuMsPerJourney }) => total + cpuMsPerJourney, 0)
    const levelled = count >= Math.max(2, protocol.leastWarmUpSlices) && cpuMs > STILL_FALLING * least
    if (levelled || count >= protocol.mostWarmUpSlices)
      return promisedCapacity(stage, measured, options) * (options.sizeCpu === null ? 1 : SIZED_SHARE)
    least = Math.min(least, cpuMs)
  }
}

/** CPU demand a journey at each host of the stage's own. */
export function demandsOf({ plan }: ComparedStage, { probe, cpus }: Pick<Measured, 'probe' | 'cpus'>, sizeCpu: number | null) {
  const own = plan.hosts.filter(({ sized }) => sized)
  return own.map(({ name, programs }) => {
    const cpuMsPerJourney = (1_000 * cpusOf(programs, cpus)) / Math.max(probe.finishedRate, 0.1)
    return { host: name, sizeCpu, cpuMsPerJourney }
  })
}

export function promisedCapacity(
  stage: ComparedStage,
  measured: Measured,
  { sizeCpu, machineCpus }: Pick<WarmUp, 'sizeCpu' | 'machineCpus'>,
): number {
  return tightestOf(demandsOf(stage, measured, sizeCpu), machineCpus).bound
}
