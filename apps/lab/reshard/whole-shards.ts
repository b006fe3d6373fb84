/** Shards that come to a running stage, and shards that leave it. */
import { stageFiles } from '../../../infra/local/state/data-folder.ts'
import { freeMegabytes } from '../../../infra/local/state/disk.ts'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { heardOf } from '../../platform/moves/look.ts'
import { takeOut } from '../../platform/moves/take-out.ts'
import { codeOf } from '../../platform/mysql/transactions.ts'
import { makeBuckets } from '../../platform/stores/make-buckets.ts'
import { CommandError, say } from '../runner/command.ts'
import { oneAtATime } from '../runner/one-at-a-time.ts'
import { keeperUrlOf, serversOf, storeWithBuckets } from '../runner/shards.ts'
import { endShard, startShard } from './change-shards.ts'
import { empty } from './many-buckets.ts'
import type { Place } from './place.ts'

/** An empty data folder with its logs, and some room. */
const NEEDED_MB = 300
/** A folder, a log and a host are called by it. */
const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/
const LONGEST_NAME = 20

export async function add(
  place: Place,
  stage: StageState,
  { server, isDry }: { server: string; isDry: boolean },
): Promise<string> {
  requireName(server)
  return oneAtATime(stage, async () => {
    const isThere = place.servers.some(({ name }) => name === server)
    const { silent } = await heardOf(place.servers)
    if (isThere && !isUnknown(silent.get(server))) throw new CommandError(`there is a server ${server} for buckets already`)
    for (const name of silent.keys()) if (name !== server) throw new CommandError(`${name} does not answer; nothing was changed`)
    const free = await freeMegabytes(stageFiles(stage.name).data)
    if (free < NEEDED_MB)
      throw new CommandError(`no room for a server: ${Math.floor(free)} MB are free, and ${NEEDED_MB} MB are needed`)
    if (isDry) return `${server} would be started and made known to the others; no bucket would be moved; nothing was done\n`
    say(`starting ${server} …`)
    const now = isThere ? stage : await startShard(stage, server)
    await join(now)
    return `${server} is there and has no bucket yet; npm run reshard -- ${place.reference} --rebalance gives it its share\n`
  })
}

export async function remove(
  place: Place,
  stage: StageState,
  { server, isDry }: { server: string; isDry: boolean },
): Promise<string> {
  return oneAtATime(stage, async () => {
    const moved = await empty(place, server, isDry)
    if (isDry) return moved
    const store = storeWithBuckets(stage)
    const staying = serversOf(stage, store).filter(({ shard }) => shard !== server)
    const parts = { servers: place.servers, staying, options: { keeperUrl: keeperUrlOf(stage, store) } }
    await takeOut(server, parts, async () => void (await endShard(stage, server)))
    return `${moved}${server} is ended and forgotten\n`
  })
}

function requireName(name: string): void {
  if (NAME.test(name) && name.length <= LONGEST_NAME) return
  throw new CommandError(`"${name}" is no name for a server: it takes small letters, digits and dashes, as in shard-5`)
}

/** It was started by somebody who ended before it was made known: it says nothing of buckets yet. */
function isUnknown(error: Error | undefined): boolean {
  return codeOf(error) === 'ER_NO_SUCH_TABLE'
}

/** It says of each bucket who has it, and all say where it is. */
async function join(stage: StageState): Promise<void> {
  const store = storeWithBuckets(stage)
  await makeBuckets(serversOf(stage, store), [], { keeperUrl: keeperUrlOf(stage, store) })
}
