import type { Settings } from './settings.ts'
import type { Entry, Resharded, Stage } from './topology.ts'

/** What the clients talk to, with these settings. */
export function entryOf(stage: Pick<Stage, 'entry'>, settings: Settings): Entry {
  return rootsOf(stage, settings)[0]
}

/** From where all boxes are reached: the entry first. */
export function rootsOf({ entry }: Pick<Stage, 'entry'>, settings: Settings, resharded: Resharded = (own) => own) {
  const roots = typeof entry === 'function' ? entry(settings, resharded) : entry
  return 'kind' in roots ? ([roots] as const) : roots
}
