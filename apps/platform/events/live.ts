/**
 * Tells whoever follows a subject what happens to it, as it happens. Pub/Sub forgets what nobody was there to hear (G3), so a follower
 * believes it only while it has missed nothing; what came before that, or while the connection was away, it reads from the stream.
 */
import type { Redis } from 'ioredis'
import { inTime } from '../process/within.ts'
import { isAfter, timeOf } from './entry-id.ts'
import { entriesOf, eventIn, type RawEntry } from './event.ts'
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
  const everyone = () => [...followers.values()].flatMap((some) => [...some])
  const places = { redis, subscriber, stream }
  const read = (one: Follower) => catchUp(redis, stream, one)
  const stopHearing = hearing(places, { everyone, read, of: (subject) => followers.get(subject) ?? [] })
  const leave = (one: Follower): void => {
    const some = followers.get(one.subject)
    some?.delete(one)
    if (some?.size !== 0) return
    followers.delete(one.subject)
    subscriber.unsubscribe(channel(stream, one.subject)).catch(() => {})
  }
  return {
    last: () => lastOf(redis, stream),
    remembers: (entry) => remembers(redis, stream, entry),
    async follow(subject, after, tell) {
      const one: Follower = { subject, tell, after, state: 'behind', more: false }
      followers.set(subject, (followers.get(subject) ?? new Set()).add(one))
      // First, so that nothing falls between the two.
      await subscribe(places, [subject])
      await read(one).catch((error) => {
        leave(one)
        throw error
      })
      return { stop: () => leave(one), place: () => one.after }
    },
    close() {
      stopHearing()
      subscriber.disconnect()
    },
  }
}

type Places = { readonly redis: EventRedis; readonly subscriber: Redis; readonly stream: string }
type Audience = { everyone(): Follower[]; of(subject: string): Iterable<Follower>; read(one: Follower): Promise<void> }

/** What comes by Pub/Sub goes to its followers; with each new connection they read what they have missed. */
function hearing(places: Places, { everyone, of, read }: Audience): () => void {
  const { redis, subscriber, stream } = places
  let connections = 0
  /** All are subscribed to, and whoever missed something reads it. */
  let isHearing = subscriber.status === 'ready'
  subscriber.on('close', () => {
    connections += 1
    isHearing = false
    for (const one of everyone()) fallBehind(one)
  })
  subscriber.on('ready', async () => {
    const connection = connections
    await subscribe(places, [...new Set(everyone().map(({ subject }) => subject))])
    for (const one of everyone()) void read(one).catch(() => {}) // It is tried again.
    isHearing = connection === connections
  })
  subscriber.on('message', (from: string, message: string) => {
    for (const one of of(from.slice(stream.length + 1))) hear(one, message)
  })
  const look = async (): Promise<void> => {
    for (const one of everyone()) if (one.state === 'behind') void read(one).catch(() => {})
    if (!isHearing) return
    const connection = connections
    const last = await lastOf(redis, stream)
    // What was told before that entry, or with it, was told on this connection before it answers.
    const answer = await inTime(PING_WITHIN_MS, () => subscriber.ping()).catch(() => undefined)
    if (answer === undefined) subscriber.disconnect(true)
    else if (connection === connections) for (const one of everyone()) if (one.state === 'current') moveOn(one, last)
  }
  const looking = setInterval(() => void look().catch(() => {}), LOOK_EVERY_MS).unref()
  return () => clearInterval(looking)
}

/** With the next connection all are subscribed to. */
async function subscribe({ subscriber, stream }: Places, subjects: readonly string[]): Promise<void> {
  if (subscriber.status !== 'ready' || subjects.length === 0) return
  await subscriber.subscribe(...subjects.map((subject) => channel(stream, subject))).catch(() => subscriber.disconnect(true))
}

function channel(stream: string, subject: string): string {
  return `${stream}:${subject}`
}

async function lastOf(redis: EventRedis, stream: string): Promise<string> {
  const [[last] = ['0-0']] = await redis.ask<readonly RawEntry[]>('xrevrange', [stream, '+', '-', 'count', 1])
  return last
}

async function remembers(redis: EventRedis, stream: string, entry: string): Promise<boolean> {
  const [[first] = ['0-0']] = await redis.ask<readonly RawEntry[]>('xrange', [stream, '-', '+', 'count', 1])
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
  const raw = await redis.ask<readonly RawEntry[]>('xrange', [stream, `(${one.after}`, '+', 'count', ENTRIES_A_PAGE])
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
