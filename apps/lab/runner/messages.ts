import type { StageState } from '../../../infra/local/state/stage-state.ts'

/** What a stage's runner is asked to do; its only argument, as JSON. */
export type RunnerRequest = {
  readonly stage: string
  readonly set: readonly string[]
  readonly portBase: number
  /** CPUs of each host; null for no limit. */
  readonly sizeCpu: number | null
  readonly fresh: boolean
  /** Whether it goes on once ready when its parent ends. */
  readonly detach: boolean
  /** Once proven, it says so and leaves its hosts unsized until it is sent `size`. */
  readonly sizeWhenTold?: boolean
}

/** What it can be sent while the stage runs; it answers each with `sizes`. */
export type SizesWanted = 'size' | 'lift'

/** What it tells the process that started it. */
export type RunnerMessage =
  | { readonly kind: 'progress'; readonly line: string }
  | { readonly kind: 'unsized'; readonly state: StageState }
  | { readonly kind: 'ready'; readonly state: StageState }
  | { readonly kind: 'sizes'; readonly are: SizesWanted }
  | { readonly kind: 'failed'; readonly reason: string }
