import { isRunning, type ProcessIdentity, processWith } from './process-table.ts'
import { until } from './until.ts'

const POLL_MS = 20
/** After KILL only the kernel's own work is left; a process that hangs in it longer is reported by the caller. */
const KILL_WAIT_MS = 5_000

/** TERM to each process and its group, a wait, then KILL to whatever is left. Answers those that were still running. */
export async function endProcesses(
  targets: readonly ProcessIdentity[],
  { graceMs }: { graceMs: number },
): Promise<ProcessIdentity[]> {
  const running = targets.filter(isRunning)
  for (const target of running) requestEnd(target)
  await untilGone(running, graceMs)
  for (const target of running.filter(isRunning)) signalGroup(target, 'SIGKILL')
  await untilGone(running, KILL_WAIT_MS)
  return running
}

/** TERM, and CONT so that a process that a drill has stopped hears it. */
export function requestEnd(target: ProcessIdentity): void {
  signalGroup(target, 'SIGTERM')
  signalGroup(target, 'SIGCONT')
}

/** Signals the group that the process leads, or the process alone if it leads none. A pid that has passed to a stranger is left alone. */
export function signalGroup(target: ProcessIdentity, signal: NodeJS.Signals): void {
  const row = processWith(target.pid)
  if (row?.startTime !== target.startTime) return
  signalQuietly(row.group === row.pid ? -row.pid : row.pid, signal)
}

/** Ends what a leader that is gone left in its group. A living process with the leader's number is a stranger: members would have kept it from being given away. */
export function killGroupOfEnded(pid: number): void {
  if (!processWith(pid)) signalQuietly(-pid, 'SIGKILL')
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function untilGone(targets: readonly ProcessIdentity[], withinMs: number): Promise<void> {
  await until(() => !targets.some(isRunning), { withinMs, everyMs: POLL_MS })
}
