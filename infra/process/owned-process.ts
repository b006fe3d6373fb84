/** What a process owns and must not leave behind, however it ends: KILL gives it no chance to tidy up, so a shell watches over each piece. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** `env` is all that the program gets; its standard output goes nowhere, and its standard error too unless it is to be seen. */
export type OwnedProgram = {
  readonly path: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly stderr?: 'ignore' | 'inherit'
}
export type OwnedFolder = { readonly path: string; remove(): Promise<void> }

/** Starts a program that is killed when this process ends. */
export function spawnOwned({ path, args, env, stderr = 'ignore' }: OwnedProgram): ChildProcess {
  return watchdog(KILL_AT_THE_END, [path, ...args], { env, stderr })
}

/** KILL to the program, its watchdog and whatever the two have started; returns once they are gone. */
export async function endOwned(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return
  const ended = isOver(child) ? Promise.resolve() : new Promise((resolve) => child.once('exit', resolve))
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The whole group has ended.
  }
  await ended
}

/** Makes a folder for temporary files that goes when this process ends, or before that with `remove()`. */
export async function ownedFolder(prefix: string): Promise<OwnedFolder> {
  const path = await mkdtemp(join(tmpdir(), prefix))
  const child = watchdog(REMOVE_AT_THE_END, [path], { env: process.env, stderr: 'ignore' })
  const removed = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  // Nobody has to wait for it: it ends after us.
  child.unref()
  const remove = () => {
    child.ref()
    child.stdin?.end()
    return removed
  }
  return { path, remove }
}

/** The standard input of each shell closes when this process ends. */
const KILL_AT_THE_END = 'exec 3<&0; "$@" 3<&- & program=$!; (read -r _ <&3; kill -KILL $program) >/dev/null 2>&1 & wait $program'
/** A program that is being killed may make a file while the folder is emptied: then once more. */
const REMOVE_AT_THE_END = 'read -r _; rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }'

/** In a group of its own, which Ctrl-C does not reach. */
function watchdog(
  script: string,
  args: readonly string[],
  { env, stderr }: Required<Pick<OwnedProgram, 'env' | 'stderr'>>,
): ChildProcess {
  return spawn('sh', ['-c', script, 'sh', ...args], { env, stdio: ['pipe', 'ignore', stderr], detached: true })
}

function isOver({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}
