/** Watches who says that it owns a bucket: two at once would both take its customers' writes. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from 'mysql2/promise'
import type { StageState } from '../../../../infra/local/state/stage-state.ts'
import { owns } from '../../../platform/stores/owners.ts'
import { type BucketRow, bucketSchema } from '../../../platform/stores/queries.ts'
import { connectToShard, namesOfShards } from '../shards.ts'
import { selectStandings } from './queries.ts'

const LOOK_EVERY_MS = 10

/** While the work is done. Adds to `wrong`, and tells how often it has looked. */
export async function whileOwnersWatched(
  stage: () => StageState,
  { wrong, figures }: { readonly wrong: string[]; readonly figures: string[] },
  work: () => Promise<void>,
): Promise<void> {
  const owners = ownersSeen()
  const connections = new Map<string, Connection>()
  let [isOver, looks] = [false, 0]
  const watching = (async () => {
    while (!isOver) {
      for (const server of namesOfShards(stage())) {
        const rows = await standingsOf(stage(), server, connections)
        for (const line of owners.see(server, rows)) wrong.push(line)
      }
      looks += 1
      await sleep(LOOK_EVERY_MS)
    }
  })()
  try {
    await work()
  } finally {
    isOver = true
    await watching
    for (const connection of connections.values()) connection.destroy()
    figures.push(`owners looked at ${looks} times in each shard`)
  }
}

/** Of a server that is away nothing is heard; of a group it is asked anew who takes the writes then. */
async function standingsOf(stage: StageState, server: string, connections: Map<string, Connection>): Promise<BucketRow[]> {
  try {
    const connection = connections.get(server) ?? (await connectToShard(stage, server))
    connections.set(server, connection)
    return await selectStandings(connection)
  } catch {
    connections.get(server)?.destroy()
    connections.delete(server)
    return []
  }
}

type Seen = { readonly server: string; readonly epoch: number }

/** Where one has owned a bucket with an epoch, another cannot afterwards with the same or an older one. */
export function ownersSeen() {
  const newest = new Map<string, Seen>()
  return {
    see(server: string, rows: readonly BucketRow[]): string[] {
      return rows.filter(owns).flatMap(({ bucket, epoch }) => {
        const before = newest.get(bucket)
        if (!before || epoch > before.epoch) newest.set(bucket, { server, epoch })
        return before && before.server !== server && epoch <= before.epoch
          ? [`two owners: ${bucketSchema(bucket)}: ${before.server} as of epoch ${before.epoch}, and ${server} as of ${epoch}`]
          : []
      })
    },
  }
}
