import { statfsSync, statSync } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProgramState, StageState } from '../../../../infra/local/state/stage-state.ts'
import { tried, until } from '../../../../infra/process/until.ts'
import { connectTo } from '../databases.ts'
import type { Drill } from '../drill.ts'
import { eventNow, type FaultEvent, failuresOf } from '../fault-events.ts'
import { HEALED, programsOf } from '../programs.ts'
import { touchProduct } from '../queries.ts'

/** On a larger one filling takes too long, and it may be everybody's. */
const MOST_GIB = 2
/** Files have some room left in their last pages, and databases in what they took before. */
const FULL_MS = 15_000
const FILL_EVERY_MS = 100
const CHUNKS_BYTES = [1_048_576, 4_096]
/** MariaDB looks once a minute whether there is room again. */
const ROOM_SEEN_WITHIN_MS = 65_000
const WRITE_TIMEOUT_MS = 2_000
const ENDED = 'ended for want of room'

/** Nothing can be written for a while: what was acknowledged stays, and nobody has to be started again. */
export const fullDisk: Drill = {
  summary: `the stage's disk is full for ${FULL_MS / 1_000} s; writes are refused, nothing acknowledged is lost, and no program ends.`,
  missing: missingDisk,
  limitsMs: { writes: FULL_MS + ROOM_SEEN_WITHIN_MS, pages: 0, loggedIn: FULL_MS + ROOM_SEEN_WITHIN_MS },
  async inject(stage, events) {
    const before = stage().programs
    const hog = join(folderOf(stage()), 'hog')
    events.push(eventNow('the disk is full', 'disk'))
    await whileFull(hog, FULL_MS)
    events.push(eventNow('there is room again', 'disk'))
    await untilWritten(stage())
    events.push(eventNow('writes are taken again', 'disk'), ...endedSince(before, stage()))
  },
  judge: (sent, events) => [
    ...events.filter(({ what }) => what.endsWith(ENDED)).map(({ what }) => what),
    // Then the drill has shown nothing.
    ...(failuresOf(sent).length === 0 ? ['nothing was refused while the disk was full'] : []),
  ],
  unprotected: [],
}

function folderOf({ secretsFile }: StageState): string {
  return dirname(secretsFile)
}

function missingDisk(stage: StageState): string | undefined {
  const folder = folderOf(stage)
  const { blocks, bsize } = statfsSync(folder)
  const own = statSync(folder).dev !== statSync('/').dev
  if (own && blocks * bsize <= MOST_GIB * 2 ** 30) return undefined
  return `this drill needs OUTGROW_DATA on a file system of its own of at most ${MOST_GIB} GiB, which ${folder} is not`
}

/** Takes what others give free, too. */
async function whileFull(hog: string, forMs: number): Promise<void> {
  const file = await open(hog, 'w')
  // Without a name it is gone with us, however we end.
  await rm(hog)
  const endsAt = performance.now() + forMs
  try {
    while (performance.now() < endsAt) {
      for (const bytes of CHUNKS_BYTES) await fill(file, Buffer.alloc(bytes))
      await sleep(FILL_EVERY_MS)
    }
  } finally {
    await file.close()
  }
}

async function fill(file: FileHandle, chunk: Buffer): Promise<void> {
  try {
    for (;;) await file.appendFile(chunk)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}

async function untilWritten(stage: StageState): Promise<void> {
  const [database] = programsOf(stage, 'mysql')
  if (!database) throw new Error('the stage has no database')
  const write = async () => {
    const connection = await connectTo(stage, database.name)
    await touchProduct(connection, WRITE_TIMEOUT_MS).finally(() => connection.destroy())
  }
  await until(() => tried(write), { ...HEALED, withinMs: ROOM_SEEN_WITHIN_MS, complaint: 'no write was taken again' })
}

/** A database may end itself rather than go on without its log; nobody else may. */
function endedSince(before: readonly ProgramState[], now: StageState): FaultEvent[] {
  const pids = new Map(now.programs.map(({ name, pid }) => [name, pid]))
  return before
    .filter(({ kind, name, pid }) => kind !== 'mysql' && pids.get(name) !== pid)
    .map(({ name }) => eventNow(`${name} ${ENDED}`, name))
}
