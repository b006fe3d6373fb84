import type { StageState } from '../../../infra/local/state/stage-state.ts'
import type { Draw } from '../../../loadtests/popularity.ts'
import type { LossWindow } from '../invariants/sessions.ts'
import type { FaultEvent } from './fault-events.ts'
import type { OutageLimits } from './outages.ts'
import type { Sent } from './traffic/recording.ts'
import type { Traffic } from './traffic/traffic.ts'

/** A fault, and the rules by which what the clients saw is judged. */
export type Drill = {
  readonly summary: string
  /** What this stage would need for the drill; undefined where it has all. */
  missing(stage: StageState): string | undefined
  /** What has to be there before anybody shops. Answers what takes it away again. */
  prepare?(stage: () => StageState, scale: Scale): Promise<() => Promise<void>>
  /** Makes the fault while traffic runs, and adds what happens to `events`, of which the first is the fault itself. */
  inject(stage: () => StageState, events: FaultEvent[], means: Means): Promise<void>
  readonly limitsMs: OutageLimits
  /** So many customers at the least, of every bucket; where it does not matter as many as the rate asks for. */
  readonly customers?: number
  /** Sentences that say what else is wrong; none where the stage did as it promises. */
  judge?(sent: readonly Sent[], events: readonly FaultEvent[]): string[]
  /** What the clients saw of what the drill is about, a line each. */
  figures?(sent: readonly Sent[], events: readonly FaultEvent[]): string[]
  /** When sessions may begin that do not last, as the stage declares. */
  mayLoseSessions?(events: readonly FaultEvent[]): LossWindow[]
  readonly unprotected: readonly Unprotected[]
}

/** How much a drill makes of its fault, and of what: the same draws for `prepare` and for `inject`. */
export type Scale = {
  readonly draw: Draw
  /** A part is enough, for drills that take minutes. */
  readonly isSmall: boolean
}

/** What a drill has beside the stage. */
export type Means = Scale & {
  /** More of the traffic at once. */
  readonly rush: Traffic['rush']
  /** For so long a program may be missing. */
  readonly healWithinMs: number
  /** What the drill has measured itself: a line each, for the outcome. */
  readonly figures: string[]
  /** What it has seen to be wrong where no client could. */
  readonly wrong: string[]
}

/** A stage without one of the protections that the drill is about: there it must find what the protection is against. */
type Unprotected = {
  /** `name=value` pairs for `--set`. */
  readonly set: readonly string[]
  /** Part of one of the sentences that say what is wrong. */
  readonly finds: string
}
