import path from 'node:path'
import { freeMegabytes } from '../../../infra/local/state/disk.ts'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import type { DatabaseAddress } from '../../../infra/stage/app-document.ts'
import type { Settings } from '../../../infra/stage/settings.ts'
import { parseDatabaseUrl } from '../../platform/mysql/address.ts'
import { storeWithBuckets, writersOf } from '../runner/shards.ts'

/** The servers of the store, by the names of their shards, and what may be put on their disk. */
export type Place = {
  readonly servers: readonly DatabaseAddress[]
  readonly freeMb: () => Promise<number>
  /** The stage as it is named in a command. */
  readonly reference: string
  readonly moves: Settings['moves']
}

export async function placeOf(stage: StageState, reference: string): Promise<Place> {
  const writers = await writersOf(stage, storeWithBuckets(stage))
  const servers = writers.map(({ shard, url }) => ({ ...parseDatabaseUrl(shard, url), name: shard }))
  // A stage that is measured has a folder of its own.
  const data = path.join(path.dirname(stage.secretsFile), 'data')
  return { servers, reference, moves: stage.settings.moves, freeMb: () => freeMegabytes(data) }
}
