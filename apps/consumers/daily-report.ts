import type { RedisAddress } from '../../infra/stage/app-document.ts'
import type { Database } from '../platform/mysql/database.ts'
import { type Repeated, repeated } from '../platform/process/repeated.ts'
import { type JobWorker, jobQueue, jobWorker } from './job-queue.ts'
import type { Mailbox } from './mailbox.ts'
import { type ConsumersTables, selectDay } from './queries.ts'

const REPORTS = 'report'
/** Five past midnight: what happened before it has had its time to come here. */
const EVERY_DAY = '5 0 * * *'
const ASK_EVERY_MS = 60_000
const A_DAY_MS = 24 * 3_600_000
const MOST_DAYS = 7
const TO = 'team@outgrow.invalid'

type Parts = { readonly db: Database<ConsumersTables>; readonly mailbox: Mailbox }

/** A mail about each day, once, from whichever process has the time (E3). */
export function dailyReports(address: RedisAddress, parts: Parts): Repeated {
  const queue = jobQueue<object>(REPORTS, address)
  // What is asked for again changes nothing, and a Redis that was emptied has forgotten it.
  const asking = repeated('asking for the daily report', ASK_EVERY_MS, () => queue.repeat('daily-report', EVERY_DAY, {}))
  let worker: JobWorker | undefined
  return {
    start() {
      worker ??= jobWorker<object>(REPORTS, address, () => reportDays(parts, Date.now()))
      asking.start()
    },
    async stop() {
      await asking.stop()
      await Promise.all([queue.close(), worker?.close()])
    },
  }
}

/** Of the last days before that moment, in UTC: for some of them nobody may have had the time. What was sent is not sent again. */
export async function reportDays(parts: Parts, now: number): Promise<void> {
  const today = Math.floor(now / A_DAY_MS)
  for (let day = today - MOST_DAYS; day < today; day++) await reportDay(parts, new Date(day * A_DAY_MS))
}

async function reportDay({ db, mailbox }: Parts, begin: Date): Promise<void> {
  const { placed, paid, cancelled, paidCents } = await selectDay(db, begin, new Date(begin.getTime() + A_DAY_MS))
  if (placed + paid + cancelled === 0) return
  const day = begin.toISOString().slice(0, 10)
  const text = `Orders placed ${placed}, paid ${paid}, cancelled ${cancelled}.\nPaid in all ${(paidCents / 100).toFixed(2)}.`
  await mailbox.deliver(`report-${day}`, { to: TO, subject: `The shop on ${day}`, text })
}
