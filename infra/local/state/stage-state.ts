import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { writeAtomically } from '../../process/atomic-file.ts'
import type { ProcessIdentity } from '../../process/process-table.ts'
import type { Program } from '../../stage/plan.ts'
import type { Settings } from '../../stage/settings.ts'
import type { HeldStore } from '../../stage/store-addresses.ts'
import type { RedisRole } from '../../stage/topology.ts'
import { stageFiles, stagesFolder } from './data-folder.ts'

/**
 * `up` has answered since it was started. `waiting` was started again and does not do its work yet. `down` ended too often and is started
 * again only every few seconds; with `supervision=off` it ended and is not started again.
 */
export type Condition = 'starting' | 'up' | 'restarting' | 'waiting' | 'down'
export type ProgramState = {
  readonly name: string
  readonly kind: Program['kind']
  /** Of a Redis server. */
  readonly role?: RedisRole
  /** Of a node of a Redis Cluster: those of one number replace one another. */
  readonly shard?: number
  readonly host: string
  /** Where it runs in one, its name; `pid` is then its main process, as Docker tells it. */
  readonly container?: string
  readonly pid: number
  readonly startTime: string
  readonly port: number
  readonly restarts: number
  readonly condition: Condition
  /** When it last answered, where it does not answer now. */
  readonly silentSince?: string
  /** What the checkout is called that it was started from, where that is another one. */
  readonly build?: string
}
/** `sizeCpu` is in CPUs (0.15 is 15 % of one); null says that the host has no limit. */
export type HostState = { readonly name: string; readonly sizeCpu: number | null; readonly cgroup?: string }
export type Seed = { readonly products: number; readonly users: number; readonly checksum: string }

/** What a running stage tells other commands. It holds passwords: never print it whole. */
export type StageState = {
  readonly stage: number
  readonly name: string
  readonly url: string
  /** Passwords that are for nobody but the laboratory. */
  readonly secretsFile: string
  readonly settings: Settings
  readonly startedAt: string
  readonly runner: ProcessIdentity
  /** True once a real order has gone through. */
  readonly ready: boolean
  /** Why hosts have no size, where sizes were asked for. */
  readonly unsizedBecause?: string
  readonly seed?: Seed
  readonly programs: readonly ProgramState[]
  readonly hosts: readonly HostState[]
  /** Where the modules keep their rows, by names of programs. */
  readonly stores: readonly HeldStore[]
  readonly databases: readonly {
    readonly name: string
    readonly url: string
    /** By which rows of buckets name it: itself, or what it is one of several servers of. */
    readonly shard: string
  }[]
  /** As the apps find them; a group is found by way of its Sentinels. */
  readonly redis: readonly { readonly name: string; readonly url: string }[]
  readonly bank: string
  /** To the last request for another plan. */
  readonly planAnswer?: PlanAnswer
}
/** `news` comes before the answer: what is known by then. */
export type PlanAnswer = { readonly id: string; readonly failed?: string; readonly news?: string }

/** The state of stage N; undefined when it does not run and nothing of it is left. Whether its processes still live is for the reader to check. */
export function readStageState(stageNumber: number): StageState | undefined {
  const name = startedStageNames().find((candidate) => Number.parseInt(candidate, 10) === stageNumber)
  return name === undefined ? undefined : readState(stageFiles(name).state)
}

/** Names of all stages that have a folder, running or not. */
export function startedStageNames(): string[] {
  try {
    return readdirSync(stagesFolder())
      .filter((name) => /^\d+-/.test(name))
      .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

export function readState(file: string): StageState | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    // A torn file cannot come from us: it is replaced in one step. Whatever it is, it names no process of ours.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** No stage outlives a power cut, and on a busy disk the runner would wait for it before it starts a program again. */
export function writeState(file: string, state: StageState): void {
  writeAtomically(file, `${JSON.stringify(state, null, 2)}\n`, { survivesPowerCut: false })
}

export function removeState(file: string): void {
  rmSync(file, { force: true })
}
