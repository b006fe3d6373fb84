import { programUses } from '../../load/program-use.ts'
import type { ComparedStage } from '../stages/compared-stage.ts'
import type { RestCpus } from './demand.ts'

/** What each stage takes while nobody asks for anything: all at the same time, as they stand beside each other during the loads. */
export async function measureRest(stages: readonly ComparedStage[], seconds: number, signal: AbortSignal): Promise<RestCpus[]> {
  const programs = stages.map(({ state }) => state.programs)
  const uses = await programUses(
    programs.flat().map(({ pid }) => pid),
    1_000 * seconds,
  )
  signal.throwIfAborted()
  const cpus = uses.map(({ cpuMsPerS }) => (cpuMsPerS ?? 0) / 1_000)
  return programs.map((own) => Object.fromEntries(own.map(({ name }) => [name, cpus.shift() ?? 0])))
}
