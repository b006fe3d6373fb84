/** The shards of a stage, each with its own customers: one server, or a group of them. */
import type { Connection } from 'mysql2/promise'
import { rolesNow } from '../../../infra/local/state/primary-database.ts'
import type { ProgramState, StageState } from '../../../infra/local/state/stage-state.ts'
import { shardNames, storeWithBuckets, writerOf } from '../runner/shards.ts'
import { writersWithBuckets } from '../runner/stage-buckets.ts'
import { connectTo } from './databases.ts'
import { programNamed } from './programs.ts'

const FEWEST = 2

export function missingShards(stage: StageState): string | undefined {
  const found = stage.stores.filter(({ buckets }) => buckets).flatMap((store) => shardNames(stage, store)).length
  if (found >= FEWEST) return undefined
  return `this drill needs buckets on ${FEWEST} servers; stage ${stage.stage} has ${found === 0 ? 'none' : 'them on one'}`
}

/** With the server that takes its writes. */
export type Shard = { readonly program: ProgramState; readonly buckets: readonly string[]; readonly isGroup: boolean }

/** Those that have customers. */
export async function shardsOf(stage: StageState): Promise<Shard[]> {
  const stores = stage.stores.filter(({ buckets }) => buckets)
  const found = await Promise.all(stores.map((store) => writersWithBuckets(stage, store)))
  return found
    .flatMap(({ writers }) => writers)
    .filter(({ buckets }) => buckets.length > 0)
    .map(({ server, shard, buckets }) => ({ program: programNamed(stage, server), buckets, isGroup: server !== shard }))
}

export function namesOfShards(stage: StageState): string[] {
  return shardNames(stage, storeWithBuckets(stage))
}

/** The server that takes its writes now. */
export async function programOfShard(stage: StageState, shard: string): Promise<ProgramState> {
  return programNamed(stage, (await writerOf(stage, storeWithBuckets(stage), shard)).server)
}

export async function connectToShard(stage: StageState, shard: string): Promise<Connection> {
  return connectTo(stage, (await programOfShard(stage, shard)).name)
}

export async function onShard<Value>(
  stage: StageState,
  shard: string,
  work: (connection: Connection) => Promise<Value>,
): Promise<Value> {
  const connection = await connectToShard(stage, shard)
  try {
    return await work(connection)
  } finally {
    connection.destroy()
  }
}

/** Whether each has somebody who takes its writes, and all others are up to date with that. */
export async function areShardsWhole(stage: StageState): Promise<boolean> {
  for (const store of stage.stores.filter(({ buckets, failover }) => buckets && failover)) {
    const keeper = programNamed(stage, store.failover ?? '')
    for (const shard of shardNames(stage, store)) {
      const members = stage.databases.filter((one) => store.servers.includes(one.name) && one.shard === shard)
      const { primary, replicas } = await rolesNow(keeper.port, shard)
      if (primary === null || replicas.filter(({ serving }) => serving).length < members.length - 1) return false
    }
  }
  return true
}
