import { setTimeout as sleep } from 'node:timers/promises'
import type { ComparedStage } from './compared-stage.ts'
import { cpusBetween, recordCpu } from './cpu-recording.ts'
import type { RestCpus } from './demand.ts'

/** What each stage takes while nobody asks for anything: all at the same time, as they stand beside each other during the loads. */
export async function measureRest(stages: readonly ComparedStage[], seconds: number, signal: AbortSignal): Promise<RestCpus[]> {
  const endings = stages.map(({ state }) => recordCpu(state.programs))
  await sleep(1_000 * seconds, undefined, { signal }).catch(() => undefined)
  const recordings = endings.map((end) => end())
  signal.throwIfAborted()
  return recordings.map((recording) => cpusBetween(recording, 0, performance.now()))
}
