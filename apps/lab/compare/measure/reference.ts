/** The reference workload: the same work on a host of the same size in every round, so that the machine's own drift can be taken out. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { HostSizer } from '../../../../infra/local/hosts/host-sizer.ts'
import { hostSizer } from '../../../../infra/local/hosts/size.ts'
import { dataFolder } from '../../../../infra/local/state/data-folder.ts'
import { programEnvironment } from '../../../../infra/process/command.ts'
import { median } from '../spread.ts'

export type Reference = {
  /** Milliseconds that the fixed work takes now: the median of so many times, as one burst of somebody else's makes one of three long. */
  run(times: number, signal: AbortSignal): Promise<number>
  stop(): Promise<void>
}

const HOST = 'reference'
const RUN_TIMEOUT_MS = 60_000
/** The first turns are slower: the process compiles them. */
const WARM_UP_RUNS = 3

export async function startReference(sizeCpu: number | null, signal: AbortSignal): Promise<Reference> {
  const folder = path.join(dataFolder(), 'compare', HOST)
  const sizer = sizeCpu === null ? undefined : hostSizer(folder)
  const child = launch(folder, sizer)
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  for (let turn = 0; turn < WARM_UP_RUNS; turn++) await burn(child, signal)
  if (sizer && sizeCpu !== null && child.pid !== undefined) sizer.limit(HOST, sizeCpu, [child.pid])
  const stop = async () => {
    process.off('exit', kill)
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    await sizer?.remove()
  }
  return { run: (times, signal) => medianBurn(child, times, signal), stop }
}

function launch(folder: string, sizer: HostSizer | undefined): ChildProcess {
  const bare = {
    path: process.execPath,
    args: [path.join(import.meta.dirname, 'reference-burn.ts')],
    env: programEnvironment(folder),
  }
  const { path: program, args, env } = sizer?.wrap(HOST, bare) ?? bare
  return spawn(program, args, { env, detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
}

async function medianBurn(child: ChildProcess, times: number, signal: AbortSignal): Promise<number> {
  const took: number[] = []
  while (took.length < times) took.push(await burn(child, signal))
  return median(took)
}

async function burn(child: ChildProcess, signal: AbortSignal): Promise<number> {
  const answer = once(child, 'message', { signal: AbortSignal.any([signal, AbortSignal.timeout(RUN_TIMEOUT_MS)]) })
  child.send('burn')
  const [milliseconds] = await answer
  return milliseconds
}
