import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { identityOf, isRunning, type ProcessIdentity } from '../../process/process-table.ts'
import { StartError } from '../../process/start-error.ts'

/** Makes this process the one runner of a stage; throws who it is if another process is. Answers how to give the lock back. */
export function takeStageLock(file: string, stageName: string): () => void {
  const own = identityOf(process.pid)
  if (!own) throw new Error('this process cannot find itself in the process table')
  if (!linkNew(file, own)) {
    dropStaleLock(file)
    if (!linkNew(file, own)) throw new StartError(alreadyRunning(stageName, readStageLock(file)))
  }
  return () => releaseLock(file, own)
}

/** Who holds the lock, dead or alive; undefined when nobody has taken it. */
export function readStageLock(file: string): ProcessIdentity | undefined {
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

/** The file appears with its text in it, or not at all: link() fails if the name is taken. */
function linkNew(file: string, own: ProcessIdentity): boolean {
  const draft = `${file}.${own.pid}.draft`
  writeFileSync(draft, JSON.stringify(own), { mode: 0o600 })
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Moves a dead runner's lock away. Should a live one have taken its place in between, that one is put back. */
function dropStaleLock(file: string): void {
  if (liveRunner(file)) return
  const aside = `${file}.${process.pid}.stale`
  try {
    renameSync(file, aside)
    if (liveRunner(aside)) linkSync(aside, file)
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

function releaseLock(file: string, own: ProcessIdentity): void {
  if (readStageLock(file)?.pid === own.pid) rmSync(file, { force: true })
}
