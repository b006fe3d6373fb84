import { RUNNER_TAG, STAGE_TAG } from '../../process/command.ts'
import { endProcesses } from '../../process/process-group.ts'
import { isRunning, type ProcessIdentity, processesTagged } from '../../process/process-table.ts'
import { hostSizer } from '../hosts/size.ts'
import type { StageFiles } from '../state/data-folder.ts'
import { stagesFolder } from '../state/data-folder.ts'
import { readState, removeState } from '../state/stage-state.ts'

/** MySQL's, the longest. */
const GRACE_MS = 15_000

/** Programs of this stage that still run, whoever started them: those in the state file by pid and start time, and any other by its tag. */
export function leftoversOf(files: StageFiles): ProcessIdentity[] {
  const recorded = (readState(files.state)?.programs ?? []).filter(isRunning)
  const tagged = processesTagged(STAGE_TAG).filter(({ value }) => value === files.folder)
  const all = [...recorded, ...tagged].map(({ pid, startTime }): [number, ProcessIdentity] => [pid, { pid, startTime }])
  return [...new Map(all).values()]
}

/** Ends what a killed runner left, and removes its groups and state file. For the holder of the stage's lock. Answers how many were ended. */
export async function endLeftovers(files: StageFiles): Promise<number> {
  const sizer = hostSizer(files.folder)
  const found = leftoversOf(files)
  if (found.length > 0) {
    sizer?.lift()
    await endProcesses(found, { graceMs: GRACE_MS })
    // A program may have been starting another one.
    await endProcesses(leftoversOf(files), { graceMs: 0 })
  }
  await sizer?.remove()
  removeState(files.state)
  return found.length
}

/** Programs and runners below this data folder whose stage's own folder may be gone, runners first: they would start programs again. */
export function processesBelow(root: string): { runners: ProcessIdentity[]; programs: ProcessIdentity[] } {
  const below = ({ value }: { value: string }) => value.startsWith(`${stagesFolder(root)}/`)
  return { runners: processesTagged(RUNNER_TAG).filter(below), programs: processesTagged(STAGE_TAG).filter(below) }
}
