/** What a Redis has left after SIGKILL, by its way of writing to disk: keys, bytes, and the time to load them. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { until } from '../../process/until.ts'
import { numberIn, startPlainRedis } from './plain-redis.ts'

/** As product pages in JSON are: they can be packed a little. */
const VALUE = JSON.stringify({ name: 'Heavy clay lamp', description: 'For the office and the home', priceCents: 9_099 })
const BATCH = 500
/** How often each key is written before the server has time to save: a log of changes has every one of them, a snapshot the last. */
const ROUNDS = 3
/** Of the keys so many are written one after the other: few, as each may wait for the disk. */
const SINGLE_WRITES = 1 / 20
const SAVE_DEADLINE_MS = 60_000
const POLL_MS = 20

export type Mode = {
  readonly name: string
  readonly directives: readonly string[]
  /** Between the first half of the keys and the second; both are acknowledged when the server is killed. */
  readonly between: (redis: Redis) => Promise<unknown>
}

export type Outcome = {
  readonly name: string
  /** Keys of the first and of the second half that were acknowledged and are gone. */
  readonly lost: readonly [first: number, second: number]
  /** By one client that waits for each answer before it writes again. */
  readonly writesPerS: number
  readonly bytes: number
  /** As the server's log has it. */
  readonly loadMs: number
  /** The names of its files, and the first characters of each. */
  readonly files: ReadonlyMap<string, string>
}

const NOTHING = async (): Promise<void> => {}
/** The save points of many texts: after 15 minutes with a change, 5 with ten, or 1 with ten thousand. */
export const SAVE_POINTS = ['save 900 1', 'save 300 10', 'save 60 10000']
const AOF = ['save ""', 'appendonly yes']

export const MODES = {
  none: { name: 'nothing on disk', directives: ['save ""'], between: NOTHING },
  unsaved: { name: 'RDB, before its first save', directives: SAVE_POINTS, between: NOTHING },
  saved: { name: 'RDB, saved half-way', directives: SAVE_POINTS, between: (redis) => redis.save() },
  always: {
    name: 'AOF always',
    directives: [...AOF, 'appendfsync always', 'aof-use-rdb-preamble no'],
    between: NOTHING,
  },
  everysec: {
    name: 'AOF everysec',
    directives: [...AOF, 'appendfsync everysec', 'aof-use-rdb-preamble no'],
    // Redis writes what it has acknowledged within two seconds, however slow the disk is.
    between: () => sleep(2_000),
  },
  hybrid: {
    name: 'AOF everysec with RDB preamble, rewritten half-way',
    directives: [...AOF, 'appendfsync everysec', 'aof-use-rdb-preamble yes'],
    between: rewrite,
  },
} as const satisfies Record<string, Mode>

export async function outcomeOf({ name, directives, between }: Mode, keys: number): Promise<Outcome> {
  const server = await startPlainRedis(...directives)
  try {
    const redis = server.connect()
    const halves = [keysOf('first', keys / 2), keysOf('second', keys / 2)] as const
    for (let round = 0; round < ROUNDS; round++) await write(redis, halves[0])
    const writesPerS = await rateOfWrites(redis, keys * SINGLE_WRITES)
    await between(redis)
    await write(redis, halves[1])
    await server.kill()
    const files = await filesIn(server.folder)
    await server.restart()
    const lost = await Promise.all(halves.map((half) => countLost(server.connect(), half)))
    const loadMs = loadTimeIn(await readFile(join(server.folder, 'redis.log'), 'utf8'))
    return { name, lost: [lost[0] ?? 0, lost[1] ?? 0], writesPerS, loadMs, ...files }
  } finally {
    await server.stop()
  }
}

function keysOf(half: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${half}:${index}`)
}

/** Returns once all are acknowledged. */
async function write(redis: Redis, keys: readonly string[]): Promise<void> {
  await inBatches(keys, (batch) => Promise.all(batch.map((key) => redis.set(key, VALUE))))
}

async function rateOfWrites(redis: Redis, writes: number): Promise<number> {
  const startedAt = performance.now()
  for (let count = 0; count < writes; count++) await redis.set('first:0', VALUE)
  return (writes * 1_000) / (performance.now() - startedAt)
}

async function countLost(redis: Redis, keys: readonly string[]): Promise<number> {
  const found = await inBatches(keys, (batch) => redis.exists(...batch))
  return keys.length - found.reduce((sum, count) => sum + count, 0)
}

async function inBatches<Answer>(keys: readonly string[], work: (batch: readonly string[]) => Promise<Answer>) {
  const answers: Answer[] = []
  for (let at = 0; at < keys.length; at += BATCH) answers.push(await work(keys.slice(at, at + BATCH)))
  return answers
}

/** The log of changes begins anew with what they have come to. */
async function rewrite(redis: Redis): Promise<void> {
  await redis.bgrewriteaof()
  const isOver = async () => {
    const info = await redis.info('persistence')
    return numberIn(info, 'aof_rewrite_in_progress') + numberIn(info, 'aof_rewrite_scheduled') === 0
  }
  const complaint = 'the append-only file was not rewritten'
  await until(isOver, { withinMs: SAVE_DEADLINE_MS, everyMs: POLL_MS, complaint })
}

async function filesIn(folder: string): Promise<Pick<Outcome, 'bytes' | 'files'>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => /\.(?:rdb|aof)$/.test(name))
  const paths = names.map((name) => join(folder, name))
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size))
  const starts = await Promise.all(paths.map(async (path) => (await readFile(path)).subarray(0, 5).toString('latin1')))
  return {
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    files: new Map(names.map((name, index) => [name, starts[index] ?? ''])),
  }
}

/** 0 where there was nothing to load. */
function loadTimeIn(log: string): number {
  const [, seconds] = [...log.matchAll(/DB loaded from (?:disk|append only file): ([\d.]+) seconds/g)].at(-1) ?? []
  return Number(seconds ?? 0) * 1_000
}
