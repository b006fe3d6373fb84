/** A fresh Node process compiles what it runs often: load before anything is measured, at full speed so that it takes seconds. */

import type { Protocol } from '../protocol.ts'
import type { ComparedWorkload } from '../request.ts'
import { sum } from '../spread.ts'
import type { ComparedStage } from '../stages/compared-stage.ts'
import { boundOf, demandsOf, type RestCpus } from './demand.ts'
import { type Generator, type Measured, measure } from './load.ts'

/** More than a stage can do, with few journeys at a time: it works at its own pace. */
export const WARM_UP_RATES: Readonly<Record<ComparedWorkload, number>> = { browse: 400, checkout: 150, mixed: 150 }
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
    rate: WARM_UP_RATES[workload],
    durationS: protocol.warmUpSliceS,
    env: FEW_AT_A_TIME,
  } as const
  let least = Number.POSITIVE_INFINITY
  for (let count = 1; ; count++) {
    const measured = await measure(generator, stage, slice)
    const cpuMs = sum(demandsOf(sizedHosts(stage, null), [measured], {}).map(({ cpuMsPerJourney }) => cpuMsPerJourney))
    const levelled = count >= Math.max(2, protocol.leastWarmUpSlices) && cpuMs > STILL_FALLING * least
    if (levelled || count >= protocol.mostWarmUpSlices)
      return promisedCapacity(stage, [measured], { ...options, rest: {} }) * (options.sizeCpu === null ? 1 : SIZED_SHARE)
    least = Math.min(least, cpuMs)
  }
}

/** Journeys a second that CPU demand promises. */
export function promisedCapacity(
  stage: ComparedStage,
  loads: readonly Measured[],
  { sizeCpu, machineCpus, rest }: Pick<WarmUp, 'sizeCpu' | 'machineCpus'> & { readonly rest: RestCpus },
): number {
  return boundOf(sizedHosts(stage, sizeCpu), loads, rest, machineCpus)
}

/** The hosts of the stage's own. */
function sizedHosts({ plan }: ComparedStage, sizeCpu: number | null) {
  return plan.hosts.filter(({ sized }) => sized).map(({ name, programs }) => ({ name, programs, sizeCpu }))
}
