/** All that is done about orders after their answers: consumers of their events, and jobs. Any number of processes may do it together. */
import type { RedisAddress } from '../../infra/stage/app-document.ts'
import { MOST_BESTSELLERS } from '../orders/bestsellers.ts'
import { keepShown, showSold } from '../orders/redis-bestsellers.ts'
import { consumer } from '../platform/inbox/consumer.ts'
import type { Handler } from '../platform/inbox/handler.ts'
import type { InboxTables } from '../platform/inbox/queries.ts'
import { databaseLease } from '../platform/leases/lease.ts'
import type { AnyTables, Database } from '../platform/mysql/database.ts'
import type { Repeated } from '../platform/process/repeated.ts'
import type { RedisClient } from '../platform/redis/client.ts'
import { KEYS } from '../platform/redis/keys.ts'
import { connectEvents } from '../platform/redis/redis.ts'
import { audit } from './audit.ts'
import { countBestsellers } from './bestsellers.ts'
import { dailyReports } from './daily-report.ts'
import type { JobWorker } from './job-queue.ts'
import { mailJobs, mailWorker, type Sending } from './mail-jobs.ts'
import { notifyCustomers } from './notifications.ts'
import { type ConsumersTables, selectBestsellers } from './queries.ts'

type Parts = Sending & {
  /** Of this process: no two have the same. */
  readonly name: string
  readonly db: Database<AnyTables>
  readonly events: RedisAddress
  readonly state: RedisClient
}

export function consumers(parts: Parts): Repeated {
  const { db, events, state } = parts
  const jobs = mailJobs(events)
  const handlers = [audit, notifyCustomers(jobs), countBestsellers(db, (sold) => showSold(state, sold))]
  const consuming = handlers.map((handler) => consumeHere(parts, handler))
  const sales: Database<ConsumersTables> = db
  // After each sale they are shown; and where Redis has lost them.
  const showing = keepShown(state, () => selectBestsellers(sales, MOST_BESTSELLERS))
  const repeated = [...consuming, showing, dailyReports(events, parts)]
  let mailing: JobWorker | undefined
  return {
    start() {
      mailing ??= mailWorker(events, parts)
      for (const one of repeated) one.start()
    },
    async stop() {
      await Promise.all([...repeated.map((one) => one.stop()), mailing?.close()])
      await jobs.close()
    },
  }
}

/** On a connection of its own, as it waits there. */
function consumeHere({ name, db, events }: Parts, handler: Handler): Repeated {
  const inbox: Database<InboxTables> = db
  const redis = connectEvents(events)
  const lease = databaseLease(inbox, { name: handler.name, holder: name })
  const consuming = consumer({ redis, db: inbox, stream: KEYS.orderEvents(''), lease, name, handler })
  return {
    start: consuming.start,
    async stop() {
      await consuming.stop()
      redis.close()
    },
  }
}
