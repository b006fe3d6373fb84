/**
 * Does what a stream tells, each event once in effect: what it does and that it was done are one transaction, and only then is the entry
 * acknowledged. One consumer of a group at a time, by a lease, so that the events of one subject keep their order; whoever takes the
 * lease begins with what the one before has not acknowledged.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Entry } from '../events/event.ts'
import type { EventRedis } from '../events/stream.ts'
import type { Lease } from '../leases/lease.ts'
import type { Database } from '../mysql/database.ts'
import { logLine, tellingFailures } from '../process/log.ts'
import type { Repeated } from '../process/repeated.ts'
import { type Claimed, group } from './group.ts'
import type { Handler } from './handler.ts'
import { type Inbox, inbox, type Waiting } from './inbox.ts'
import { deleteHandledBefore, type InboxTables } from './queries.ts'

export type ConsumerParts = {
  /** Of its own: it waits for entries on it. */
  readonly redis: EventRedis
  readonly db: Database<InboxTables>
  readonly stream: string
  /** Named like the group, in the database of its effects. */
  readonly lease: Lease
  /** Which of several processes this is. */
  readonly name: string
  readonly handler: Handler
}

const MOST_AT_ONCE = 64
/** What could not be done yet waits here; more is not asked for. */
const MOST_WAITING = 500
const WAIT_MS = 500
/** While something is to be tried again. */
const SHORT_WAIT_MS = 50
const LOOK_FOR_LEASE_MS = 250
const CLAIM_EVERY_MS = 5_000
const AFTER_FAILURE_MS = 250
/** An entry that was given so often and never done ends whoever has it. */
const MOST_DELIVERIES = 10
/** Twice as long as an outbox has what it could send again. */
const KEPT_MS = 48 * 3_600_000
const FORGET_EVERY_MS = 10_000
const MOST_FORGOTTEN = 2_000

export function consumer(parts: ConsumerParts): Repeated {
  const round = consumerRound(parts)
  const attempt = tellingFailures(`the consumer ${parts.handler.name}`)
  let ending = false
  let running: Promise<void> | undefined
  const run = async (): Promise<void> => {
    while (!ending) {
      let done = false
      await attempt(async () => {
        await round()
        done = true
      })
      if (!done) await sleep(AFTER_FAILURE_MS)
    }
  }
  return {
    start() {
      running ??= run()
    },
    async stop() {
      ending = true
      await running
      await parts.lease.release().catch(() => undefined) // It ends by itself.
    },
  }
}

/** One look at the stream, and what there is to do. Whatever it throws is tried again with the next. */
export function consumerRound(parts: ConsumerParts): () => Promise<void> {
  const { redis, stream, handler, lease } = parts
  const own = group(redis, { stream, name: handler.name, consumer: parts.name })
  const box: Inbox = inbox(parts)
  let token: number | undefined
  let waiting: Waiting[] = []
  let done: string[] = []
  let [claimAt, forgetAt] = [0, 0]
  const claim = async (): Promise<void> => {
    const claimed = await own.claim()
    waiting = undone(claimed)
    claimAt = performance.now() + CLAIM_EVERY_MS
    if (claimed.lost.length > 0)
      logLine(40, `${stream} has lost entries that ${handler.name} was not done with: ${claimed.lost.join(', ')}`)
  }
  const read = async (): Promise<void> => {
    const found = await own.read(MOST_AT_ONCE, waiting.length > 0 ? SHORT_WAIT_MS : WAIT_MS).catch((error) => {
      // Perhaps we were given something all the same: nothing newer is to be done before it.
      token = undefined
      throw error
    })
    waiting.push(...found.map(fresh))
  }
  return async () => {
    const held = await lease.held()
    if (!held) return void (await sleep(LOOK_FOR_LEASE_MS))
    // Of an acknowledgement that Redis has lost nobody says anything.
    if (held.token !== token || (waiting.length === 0 && performance.now() > claimAt)) await claim()
    token = held.token
    if (waiting.length < MOST_WAITING) await read()
    const handled = await box.handle(held, waiting)
    waiting = handled.left
    done.push(...handled.done)
    await own.acknowledge(done)
    done = []
    if (performance.now() < forgetAt) return
    forgetAt = performance.now() + FORGET_EVERY_MS
    await deleteHandledBefore(parts.db, KEPT_MS, MOST_FORGOTTEN)
  }
}

function undone({ entries, deliveries }: Claimed): Waiting[] {
  const waiting = entries.map(fresh)
  const [oldest] = waiting
  if (oldest && deliveries > MOST_DELIVERIES) oldest.failure = `it was given to ${deliveries} consumers, and none came to its end`
  return waiting
}

function fresh(entry: Entry): Waiting {
  return { entry, failures: 0, dueAt: 0 }
}
