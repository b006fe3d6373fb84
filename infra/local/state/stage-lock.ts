import { readFileSync, rmSync } from 'node:fs'
import { identityOf, isRunning, type ProcessIdentity } from '../../process/process-table.ts'
import { StartError } from '../../process/start-error.ts'
import { tryFileLock } from '../../setup/file-lock.mjs'

/** Makes this process the one runner of a stage; throws who it is if another process is. Answers how to give the lock back. */
export async function takeStageLock(file: string, stageName: string): Promise<() => void> {
  const own = identityOf(process.pid)
  if (!own) throw new Error('this process cannot find itself in the process table')
  if (!(await tryFileLock(file, { own: () => own, isRunning })))
    throw new StartError(alreadyRunning(stageName, readStageLock(file)))
  return () => releaseLock(file, own)
}

/** Who holds the lock, dead or alive; undefined when nobody has taken it. */
function readStageLock(file: string): ProcessIdentity | undefined {
  try {
    const { pid, startTime } = JSON.parse(readFileSync(file, 'utf8'))
    return Number.isInteger(pid) && typeof startTime === 'string' ? { pid, startTime } : undefined
  } catch {
    return undefined
  }
}

/** The process that runs the stage now. */
export function liveRunner(file: string): ProcessIdentity | undefined {
  const holder = readStageLock(file)
  return holder && isRunning(holder) ? holder : undefined
}

export function alreadyRunning(stageName: string, holder: ProcessIdentity | undefined): string {
  return `stage ${stageName} is already running, started by process ${holder?.pid ?? 'unknown'}; "npm stop -- ${Number.parseInt(stageName, 10)}" ends it`
}

function releaseLock(file: string, own: ProcessIdentity): void {
  if (readStageLock(file)?.pid === own.pid) rmSync(file, { force: true })
}
