import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import path from 'node:path'
import { SMALL } from '../../../infra/local/launch/node-program.ts'
import type { StageFiles } from '../../../infra/local/state/data-folder.ts'
import { makeStageFolder } from '../../../infra/local/state/disk.ts'
import { rotateLog } from '../../../infra/local/state/host-log.ts'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { compiledFolder, RUNNER_TAG } from '../../../infra/process/command.ts'
import { inTime } from '../../platform/process/within.ts'
import { CommandError } from './command.ts'
import type { RunnerMessage, RunnerRequest, SizesWanted } from './messages.ts'

/** A file of the kernel's for each host. */
const SIZES_WITHIN_MS = 10_000

/** The caller's end of a stage's runner. */
export type RunnerProcess = {
  readonly files: StageFiles
  /** Rejects with the reason when the stage cannot start. */
  readonly ready: Promise<StageState>
  /** With `sizeWhenTold`: proven, and at full speed until `size()`. */
  readonly unsized: Promise<StageState>
  /** How the process ended. */
  readonly ended: Promise<{ status: number | null; signal: NodeJS.Signals | null }>
  size(): void
  /** Takes the sizes of a stage that is ready from its hosts, for work that is not measured, and gives them back. */
  atFullSpeed<Value>(work: () => Promise<Value>): Promise<Value>
  stop(): void
  /** Lets it go on without us. */
  release(): void
}

/** Starts a runner in a session of its own, so that Ctrl-C reaches only us and the runner is told in order. */
export async function startRunner(
  files: StageFiles,
  request: RunnerRequest,
  onProgress: (line: string) => void,
): Promise<RunnerProcess> {
  const child = await spawnRunner(files, request)
  const ended = new Promise<{ status: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (status, signal) => resolve({ status, signal }))
  })
  const { promise: ready, resolve, reject } = Promise.withResolvers<StageState>()
  const unsized = Promise.withResolvers<StageState>()
  // Most callers wait for `ready` alone.
  unsized.promise.catch(() => {})
  ready.catch(unsized.reject)
  child.once('error', reject)
  child.on('message', (message: RunnerMessage) => {
    if (message.kind === 'progress') onProgress(message.line)
    if (message.kind === 'unsized') unsized.resolve(message.state)
    if (message.kind === 'ready') resolve(message.state)
    if (message.kind === 'failed') reject(new CommandError(message.reason))
  })
  void ended.then(({ status, signal }) =>
    reject(new CommandError(`the stage's runner ended (${signal ?? `exit status ${status}`}); see ${runnerLog(files)}`)),
  )
  const release = () => {
    if (child.connected) child.disconnect()
    child.unref()
  }
  const size = () => void child.send('size')
  const atFullSpeed = async <Value>(work: () => Promise<Value>) => {
    await setSizes(child, 'lift')
    try {
      return await work()
    } finally {
      await setSizes(child, 'size')
    }
  }
  return { files, ready, unsized: unsized.promise, ended, size, atFullSpeed, stop: () => void child.kill('SIGTERM'), release }
}

async function setSizes(child: ChildProcess, wanted: SizesWanted): Promise<void> {
  if (!child.connected) throw new CommandError("the stage's runner has ended")
  const answered = new Promise<void>((resolve) => {
    child.on('message', function hear(message: RunnerMessage) {
      if (message.kind !== 'sizes' || message.are !== wanted) return
      child.off('message', hear)
      resolve()
    })
  })
  child.send(wanted)
  await inTime(SIZES_WITHIN_MS, () => answered)
}

async function spawnRunner(files: StageFiles, request: RunnerRequest) {
  await makeStageFolder(files)
  mkdirSync(files.logs, { recursive: true })
  rotateLog(runnerLog(files))
  const log = openSync(runnerLog(files), 'a', 0o600)
  const args = [...SMALL, path.join(import.meta.dirname, 'stage-runner.ts'), JSON.stringify(request)]
  const env = runnerEnvironment(files)
  try {
    return spawn(process.execPath, args, { detached: true, cwd: '/', env, stdio: ['ignore', log, log, 'ipc'] })
  } finally {
    closeSync(log)
  }
}

/** Our own variables, those of where spans go, and what systemd's user session is reached by; nothing else of the caller's. */
function runnerEnvironment(files: StageFiles): NodeJS.ProcessEnv {
  const passes = (name: string) =>
    /^(?:OUTGROW|OTEL_EXPORTER_OTLP)_/.test(name) || ['PATH', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'].includes(name)
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => passes(name)))
  return {
    ...own,
    NODE_COMPILE_CACHE: compiledFolder(),
    OUTGROW_DATA: path.resolve(files.folder, '../..'),
    [RUNNER_TAG]: files.folder,
  }
}

function runnerLog(files: StageFiles): string {
  return path.join(files.logs, 'runner.log')
}
