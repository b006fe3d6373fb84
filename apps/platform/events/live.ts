/**
 * Tells whoever follows a subject what happens to it, as it happens. Pub/Sub forgets what nobody was there to hear (G3), so a follower
 * believes it only while it has missed nothing; what came before that, or while the connection was away, it reads from the stream.
 */
import type { Redis } from 'ioredis'
import { inTime } from '../process/within.ts'
import { isAfter, timeOf } from './entry-id.ts'
import { entriesOf, eventIn } from './event.ts'
import type { EventRedis } from './stream.ts'

export type LiveEvent = { readonly entry: string; readonly body: unknown }
export type Following = {
  /** Everything up to this entry was told. */
  place(): string
  stop(): void
}

export type Live = {
  /** The last entry that there is. */
  last(): Promise<string>
  /** Whether the stream has all that came after that entry, and it is not long ago. */
  remembers(entry: string): Promise<boolean>
  /** Tells of the subject all that comes after that entry. */
  follow(subject: string, after: string, tell: (event: LiveEvent) => void): Promise<Following>
  close(): void
}

type Follower = {
  readonly subject: string
  readonly tell: (event: LiveEvent) => void
  after: string
  state: 'current' | 'reading' | 'behind'
  /** Something came while it read. */
  more: boolean
}

/** Whoever was away for longer is told how things stand, and not how they came to be. */
const MOST_AWAY_MS = 120_000
const ENTRIES_A_PAGE = 500
/** A server that hangs is left for another connection after the two. */
const LOOK_EVERY_MS = 2_000
const PING_WITHIN_MS = 1_000

/** `subscriber` is a connection for nothing else. */
export function liveEvents(redis: EventRedis, subscriber: Redis, stream: string): Live {
  const followers = new Map<string, Set<Follower>>()
  let connections = 0
  const everyone = () => [...followers.values()].flatMap((some) => [...some])
  const read = (one: Follower) => catchUp(redis, stream, one)
  const subscribe = async (subjects: readonly string[]): Promise<void> => {
    // With the next connection all are subscribed to.
    if (subscriber.status !== 'ready' || subjects.length === 0) return
    await subscriber.subscribe(...subjects.map((subject) => channel(stream, subject))).catch(() => {})
  }
  subscriber.on('close', () => {
    connections += 1
    for (const one of everyone()) fallBehind(one)
  })
  subscriber.on('ready', async () => {
    await subscribe([...followers.keys()])
    for (const one of everyone()) void read(one).catch(() => {}) // It is tried again.
  })
  subscriber.on('message', (from: string, message: string) => {
    for (const one of followers.get(from.slice(stream.length + 1)) ?? []) hear(one, message)
  })
  const look = async (): Promise<void> => {
    for (const one of everyone()) if (one.state === 'behind') void read(one).catch(() => {})
    if (subscriber.status !== 'ready') return
    const connection = connections
    const last = await lastOf(redis, stream)
    // What was told before that entry, or with it, was told on this connection before it answers.
    await inTime(PING_WITHIN_MS, () => subscriber.ping()).catch(() => subscriber.disconnect(true))
    if (connection === connections) for (const one of everyone()) if (one.state === 'current') moveOn(one, last)
  }
  const looking = setInterval(() => void look().catch(() => {}), LOOK_EVERY_MS).unref()
  return {
    last: () => lastOf(redis, stream),
    remembers: (entry) => remembers(redis, stream, entry),
    async follow(subject, after, tell) {
      const one: Follower = { subject, tell, after, state: 'behind', more: false }
      const some = followers.get(subject) ?? new Set()
      followers.set(subject, some.add(one))
      const stop = () => {
        some.delete(one)
        if (some.size > 0 || followers.get(subject) !== some) return
        followers.delete(subject)
        subscriber.unsubscribe(channel(stream, subject)).catch(() => {})
      }
      // First, so that nothing falls between the two.
      await subscribe([subject])
      await read(one).catch((error) => {
        stop()
        throw error
      })
      return { stop, place: () => one.after }
    },
    close() {
      clearInterval(looking)
      subscriber.disconnect()
    },
  }
}

function channel(stream: string, subject: string): string {
  return `${stream}:${subject}`
}

type RawEntries = readonly (readonly [entry: string, words: readonly string[]])[]

async function lastOf(redis: EventRedis, stream: string): Promise<string> {
  const [[last] = ['0-0']] = await redis.ask<RawEntries>('xrevrange', [stream, '+', '-', 'count', 1])
  return last
}

async function remembers(redis: EventRedis, stream: string, entry: string): Promise<boolean> {
  const [[first] = ['0-0']] = await redis.ask<RawEntries>('xrange', [stream, '-', '+', 'count', 1])
  const last = await lastOf(redis, stream)
  return !isAfter(first, entry) && !isAfter(entry, last) && timeOf(last) - timeOf(entry) < MOST_AWAY_MS
}

async function catchUp(redis: EventRedis, stream: string, one: Follower): Promise<void> {
  if (one.state === 'reading') return
  one.state = 'reading'
  one.more = true
  try {
    while (one.more) {
      one.more = false
      while (await readPage(redis, stream, one));
    }
    one.state = 'current'
  } finally {
    if (one.state === 'reading') one.state = 'behind'
  }
}

/** False where there is nothing more. */
async function readPage(redis: EventRedis, stream: string, one: Follower): Promise<boolean> {
  const raw = await redis.ask<RawEntries>('xrange', [stream, `(${one.after}`, '+', 'count', ENTRIES_A_PAGE])
  for (const { entry, fields } of entriesOf(raw)) {
    const event = fields.subject === one.subject ? eventIn({ entry, fields }) : undefined
    if (event) tellOnce(one, { entry, body: event.body })
    moveOn(one, entry)
  }
  return raw.length > 0
}

/** A message is the entry's id and the event's body, as the relay publishes them. Who reads finds it in the stream. */
function hear(one: Follower, message: string): void {
  one.more = true
  const [entry = '', ...body] = message.split(' ')
  if (one.state === 'current') tellOnce(one, { entry, body: JSON.parse(body.join(' ')) })
}

/** What it reads now it may have begun to read before. */
function fallBehind(one: Follower): void {
  one.more = true
  if (one.state === 'current') one.state = 'behind'
}

function tellOnce(one: Follower, event: LiveEvent): void {
  if (!isAfter(event.entry, one.after)) return
  moveOn(one, event.entry)
  one.tell(event)
}

function moveOn(one: Follower, entry: string): void {
  if (isAfter(entry, one.after)) one.after = entry
}
