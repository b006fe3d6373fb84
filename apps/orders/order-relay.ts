import type { RedisAddress } from '../../infra/stage/app-document.ts'
import { outboxWatch } from '../platform/events/outbox-watch.ts'
import type { OutboxTables } from '../platform/events/queries.ts'
import { type RelayParts, relay } from '../platform/events/relay.ts'
import { eventStream } from '../platform/events/stream.ts'
import { databaseLease } from '../platform/leases/lease.ts'
import type { Database } from '../platform/mysql/database.ts'
import type { Repeated } from '../platform/process/repeated.ts'
import { KEYS } from '../platform/redis/keys.ts'
import { connectEvents } from '../platform/redis/redis.ts'
import { CONSUMERS } from './order-event.ts'

type Parts = Pick<RelayParts, 'resends'> & {
  readonly name: string
  readonly db: Database<OutboxTables>
  readonly events: RedisAddress
}

/** Each copy of the service has one; of all copies one sends. `name` is the copy's. */
export function orderRelay({ name, db, events, resends = true }: Parts): Repeated {
  const redis = connectEvents(events)
  const stream = eventStream(redis, KEYS.orderEvents(''), CONSUMERS)
  const lease = databaseLease(db, { name: 'relay', holder: name })
  const [sending, watching] = [relay({ db, stream, lease, resends }), outboxWatch(db)]
  return {
    start() {
      sending.start()
      watching.start()
    },
    async stop() {
      await Promise.all([sending.stop(), watching.stop()])
      redis.close()
    },
  }
}
