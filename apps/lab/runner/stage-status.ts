import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { isRunning } from '../../../infra/process/process-table.ts'
import { loadStage } from '../../../infra/stage/catalogue.ts'
import { type Settings, settingsOf } from '../../../infra/stage/settings.ts'
import { bucketsOfStage, type StoreBuckets } from './stage-buckets.ts'

/** What `status --json` says about a stage. `hosts` has one row for each program; programs of one `host` share its size. */
export type StageStatus = {
  readonly stage: number
  readonly name: string
  readonly url: string
  readonly ready: boolean
  /** False when a killed runner left its programs behind. */
  readonly supervised: boolean
  readonly hosts: readonly {
    readonly name: string
    readonly kind: string
    readonly host: string
    readonly pid: number
    readonly port: number
    readonly up: boolean
    readonly condition: string
    readonly restarts: number
    /** When it last answered, where it does not answer now. */
    readonly silentSince?: string
    /** What the checkout is called that it was started from, where that is another one. */
    readonly build?: string
    readonly sizeCpu: number | null
  }[]
  /** Of stores that are cut into buckets. */
  readonly buckets?: readonly StoreBuckets[]
  readonly unsizedBecause?: string
  readonly seed?: StageState['seed']
  /** Settings that differ from the stage's own page. */
  readonly changed: Partial<Settings>
}

export async function statusOf(state: StageState): Promise<StageStatus> {
  const { stage, name, url, ready, runner, unsizedBecause, seed } = state
  const sizes = new Map(state.hosts.map((host) => [host.name, host.sizeCpu]))
  const hosts = state.programs.map(({ startTime, ...program }) => {
    const { name, kind, host, pid, port, condition, restarts, silentSince, build } = program
    return {
      name,
      kind,
      host,
      pid,
      port,
      up: isRunning({ pid, startTime }),
      condition,
      restarts,
      ...(silentSince && { silentSince }),
      ...(build && { build }),
      sizeCpu: sizes.get(host) ?? null,
    }
  })
  const supervised = isRunning(runner)
  const buckets = await bucketsOfStage(state)
  return {
    stage,
    name,
    url,
    ready,
    supervised,
    hosts,
    ...(buckets.length > 0 && { buckets }),
    ...(unsizedBecause && { unsizedBecause }),
    ...(seed && { seed }),
    changed: await changedSettings(state),
  }
}

/** Nothing of the stage runs any more: only its state file is left. */
export function isOver({ supervised, hosts }: StageStatus): boolean {
  return !supervised && hosts.every(({ up }) => !up)
}

async function changedSettings({ name, settings }: StageState): Promise<Partial<Settings>> {
  const own: Record<string, unknown> = settingsOf((await loadStage(name)).settings)
  return Object.fromEntries(Object.entries(settings).filter(([setting, value]) => own[setting] !== value))
}
