import { rm } from 'node:fs/promises'
import type { OnProgress } from '../../servers/server-program.ts'
import type { Plan } from '../../stage/plan.ts'
import type { HostSizer } from '../hosts/host-sizer.ts'
import { hostSizer, NO_SIZES_BECAUSE } from '../hosts/size.ts'
import { type LaunchMaker, makeLaunch } from '../launch/launches.ts'
import { writeCopies } from '../state/copies-file.ts'
import type { StageFiles } from '../state/data-folder.ts'
import { checkDisk, makeStageFolder } from '../state/disk.ts'
import { secretsIn } from '../state/secrets.ts'
import { takeStageLock } from '../state/stage-lock.ts'
import type { StageState } from '../state/stage-state.ts'
import { writeTopology } from '../state/topology-file.ts'
import { placeFirstOrder } from './first-order.ts'
import { endLeftovers } from './leftovers.ts'
import { checkPorts } from './ports.ts'
import { RunningStage } from './running-stage.ts'

export type RunOptions = {
  readonly files: StageFiles
  /** CPUs of each host; null for no limit. */
  readonly sizeCpu: number | null
  /** Throws the stage's data away first. */
  readonly fresh?: boolean
  readonly onProgress: OnProgress
  /** Aborting it while the stage starts ends the start; all that was started is ended first. */
  readonly signal: AbortSignal
  readonly makeLaunch?: LaunchMaker
  /** Proves from outside that the stage works. */
  readonly prove?: (url: string) => Promise<void>
  /** Runs while the proven stage is still at full speed, for instance to warm it up. */
  readonly beforeSizes?: (state: StageState) => Promise<void>
}

/** Runs a stage on this machine. Returns once a real order has gone through; throws with nothing left running. */
export async function runStage(plan: Plan, options: RunOptions): Promise<RunningStage> {
  const { files, onProgress } = options
  await makeStageFolder(files)
  const unlock = await takeStageLock(files.lock, plan.name)
  try {
    await tidy(files, options)
    await checkDisk(files, plan)
    await checkPorts(plan)
    return await startStage(plan, options, unlock)
  } catch (error) {
    unlock()
    throw error
  }

  async function tidy(files: StageFiles, { fresh = false }: RunOptions): Promise<void> {
    const ended = await endLeftovers(files)
    if (ended > 0) onProgress(`ended ${ended} programs that a killed run had left`)
    if (fresh)
      for (const path of [files.data, files.secrets, files.resharding, files.spans])
        await rm(path, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function startStage(plan: Plan, options: RunOptions, unlock: () => void): Promise<RunningStage> {
  const { files, onProgress, signal, prove = placeFirstOrder } = options
  const { sizer, unsizedBecause } = chooseSizer(options)
  const secrets = secretsIn(files.secrets)
  writeTopology(files.topology, plan, sizer ? options.sizeCpu : null)
  writeCopies(files.copies, plan)
  const stage = new RunningStage({
    plan,
    files,
    secrets,
    onProgress,
    sizer,
    unsizedBecause,
    makeLaunch: options.makeLaunch ?? makeLaunch,
    unlock,
  })
  const stop = () => void stage.stop()
  signal.addEventListener('abort', stop)
  try {
    signal.throwIfAborted()
    await stage.startPrograms()
    const startedAt = Date.now()
    await prove(plan.url)
    onProgress(`a first order has gone through (${seconds(startedAt)})`)
    await options.beforeSizes?.(stage.state)
    if (options.sizeCpu !== null) stage.limitHosts(options.sizeCpu)
    signal.throwIfAborted()
    stage.markReady()
    return stage
  } catch (error) {
    await stage.stop()
    throw signal.aborted ? new Error('stopped while it started') : error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function chooseSizer({ sizeCpu, files, onProgress }: RunOptions): { sizer?: HostSizer; unsizedBecause?: string } {
  if (sizeCpu === null) return { unsizedBecause: '--unsized was given' }
  const sizer = hostSizer(files.folder)
  if (sizer) return { sizer }
  onProgress(`hosts are unsized: ${NO_SIZES_BECAUSE}`)
  return { unsizedBecause: NO_SIZES_BECAUSE }
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`
}
