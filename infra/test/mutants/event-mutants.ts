/** Events on their way: what would lose one, have its effect twice, or let a later one overtake it. */
import { mutantsOf } from './mutant.ts'

const RELAY = 'apps/platform/events/relay.test.ts'
const CONSUMER = 'apps/platform/inbox/consumer.test.ts'
const LETTERS = 'apps/platform/inbox/dead-letters.test.ts'
const LIVE = 'apps/orders/event-routes.test.ts'
const ANNOUNCE = 'apps/orders/announce.test.ts'

const relay = [
  ...mutantsOf('apps/platform/events/relay.ts', RELAY, [
    ["if (outcome === 'lacks') {", 'if (held === undefined) {', 'what a Redis has lost stays lost'],
    ['await setSent(trx, numbers, timeOf(last))', '', 'all events are sent again and again'],
    [
      'return setUnsentSince(trx, Math.max(',
      'return setUnsentSince(trx, timeOf(seen))',
      'a Redis that was emptied is sent all that the outbox has of a day',
    ],
  ]),
  ...mutantsOf('apps/platform/events/stream.ts', RELAY, [
    ["if tonumber(redis.call('GET', KEYS[2])", '', 'a relay that was stopped sends old events behind new ones'],
    ["if before(ARGV[2], ARGV[3]) then redis.call('XSETID'", '', 'entries get ids that others had in the Redis before'],
    ['if before(safe, cut) then cut = safe end', '', 'entries are trimmed that a group has not acknowledged'],
    ['if group.pending > 0 then undone =', '', 'entries are trimmed that a consumer was given and has not acknowledged'],
    ['for at = 4, #ARGV do if not found[', '', 'entries are trimmed before their group is there'],
  ]),
  ...mutantsOf('apps/platform/leases/queries.ts', RELAY, [
    ['token: sql<number>`token + IF(', 'token: sql<number>`token`,', 'a relay that was stopped is not told from its successor'],
  ]),
  ...mutantsOf('apps/platform/leases/lease.ts', RELAY, [
    ['await lease.guard(leases, held)', '', 'a relay that was stopped writes down what it sent long ago'],
  ]),
  ...mutantsOf('apps/platform/events/outbox-watch.ts', 'apps/platform/events/outbox-watch.test.ts', [
    ['if (oldestMs > TOO_LONG_MS)', 'if (count < 0)', 'nobody hears that no relay runs'],
  ]),
]

const consumer = [
  ...mutantsOf('apps/platform/inbox/inbox.ts', CONSUMER, [
    ['if (known.has(event.id)) continue', '', 'an event that is delivered twice cannot be handled any more'],
    ['await insertHandled(', '', 'an event that is delivered twice has its effect twice'],
    ['if (one.dueAt > now || held.has(subject)) {', 'if (one.dueAt > now) {', 'an event overtakes the one before of its order'],
    [
      'const isDone = !blocked.has(subject) &&',
      'const isDone = await handleAlone(parts, held, one)',
      'an event overtakes one that failed',
    ],
    [
      'if (letters.length > 0 && letters[0]?.event_id !==',
      'if (letters.length < 0) {',
      'an event overtakes a dead letter of its order',
    ],
    [
      'const handled = await ending(',
      'const handled = await parts.db.transaction().execute((trx) => handleNew(trx, { handler, spans }, events))',
      'a consumer that was stopped does what another has done',
    ],
    ['await asHolder(parts, held, (trx) => insertDeadLetter(', '', 'what could not be handled is gone'],
  ]),
  ...mutantsOf('apps/platform/inbox/consumer.ts', CONSUMER, [
    ['if (oldest && deliveries > MOST_DELIVERIES)', '', 'an event that kills its consumer kills every one, for ever'],
    [
      'waiting.push(...found.map(fresh))',
      'waiting.push(...found.map(fresh)); await own.acknowledge(found.map(({ entry }) => entry))',
      'an event is acknowledged before it has its effect',
    ],
    ['waiting = undone(claimed)', '', 'what a dead consumer had not acknowledged nobody handles'],
    ['token = undefined', '', 'an event that was given in an answer that was lost is overtaken by a newer one'],
    ['done.push(...handled.done)', 'done = handled.done', 'what could not be acknowledged stays where it is'],
  ]),
  ...mutantsOf('apps/platform/inbox/group.ts', CONSUMER, [
    [
      "await redis.ask('xgroup', ['create',",
      "await redis.ask('xgroup', ['create', stream, name, '$', 'mkstream']).catch(exists)",
      'a group misses what was there before it',
    ],
  ]),
  ...mutantsOf('apps/platform/inbox/inbox.ts', LETTERS, [
    [
      'if (letters.shift()) await deleteDeadLetter(',
      '',
      'what was put right stays a dead letter, and what comes after it with it',
    ],
  ]),
]

const orders = mutantsOf('apps/orders/stored-orders.ts', ANNOUNCE, [
  ["await announce?.(trx, 'placed',", '', 'nobody hears of orders'],
  ["await announce?.(trx, 'cancelled',", '', 'nobody hears that an order was cancelled'],
  ["if (paid === 'now') await announce(", '', 'nobody hears that an order was paid'],
])

const live = [
  ...mutantsOf('apps/orders/event-routes.ts', LIVE, [
    ['const goesOn =', 'const goesOn = known !== undefined', 'who was away for long waits for what the stream has forgotten'],
    ['const after = goesOn', 'const after = await live.last()', 'who was away misses what came meanwhile'],
  ]),
  ...mutantsOf('apps/orders/event-stream.ts', LIVE, [
    ['raw.writeHead(200,', 'raw.writeHead(200, headers)', 'a proxy keeps what one person was told'],
  ]),
  ...mutantsOf('apps/orders/event-stream.ts', 'apps/orders/event-stream.test.ts', [
    ['if (raw.destroyed) leave()', 'if (false) leave()', 'who leaves at once takes a place for ever'],
  ]),
  ...mutantsOf('apps/platform/events/stream.ts', LIVE, [["redis.call('PUBLISH',", '', 'who follows an order hears nothing']]),
]

const work = [
  ...mutantsOf('apps/consumers/mailbox.ts', 'apps/consumers/mailbox.test.ts', [
    ['Subject: oneLine(subject),', 'Subject: subject,', 'who chooses a name writes headers of mails'],
  ]),
  ...mutantsOf('apps/consumers/job-queue.ts', 'apps/consumers/jobs.test.ts', [
    ['attempts: 5,', 'attempts: 1,', 'a mail that could not be sent at once is never sent'],
  ]),
  ...mutantsOf('apps/consumers/order-handler.ts', 'apps/consumers/consumers.test.ts', [
    ['if (!order) throw', 'if (!order) return', 'an event of a version to come is taken for done'],
  ]),
  ...mutantsOf('apps/platform/leases/lease.ts', 'apps/platform/leases/lock-failures.test.ts', [
    ['if (!(await isNewest(', '', 'whoever was stopped changes what another has changed since'],
  ]),
]

export const EVENT_MUTANTS = [...relay, ...consumer, ...orders, ...live, ...work]
