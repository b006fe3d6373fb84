/** Jobs in Redis, by BullMQ: each is tried until it is done, by whichever worker is there, at a time that may be still to come. */
import { type Job, type JobsOptions, Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import type { RedisAddress } from '../../infra/stage/app-document.ts'
import { logLine, tellingFailures } from '../platform/process/log.ts'
import { asSpan, beginPart, beginSpan, type Span, traceparentIn } from '../platform/process/span.ts'
import { inTime } from '../platform/process/within.ts'
import { KEYS } from '../platform/redis/keys.ts'
import { optionsOf } from '../platform/redis/redis.ts'
import { RedisDown } from '../platform/redis/redis-down.ts'

const PREFIX = KEYS.jobs('shop')
const ADD_WITHIN_MS = 1_000
const CLOSE_WITHIN_MS = 5_000
const RETRY_MS = 200
const A_WEEK_S = 7 * 24 * 3_600

/** Their library keeps what is done, and tries but once, unless it is told otherwise. */
const JOB: JobsOptions = {
  attempts: 5,
  backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 },
  removeOnComplete: { count: 1_000 },
  removeOnFail: { age: A_WEEK_S },
}

/** A worker says so often that it is alive; the job of one that is dead is given to another after the two together. */
const LOCK_MS = 5_000
const LOOK_FOR_DEAD_MS = 2_500
const JOBS_AT_ONCE = 5
/** A job that ends its worker so often has failed. */
const MOST_DEATHS = 10

export type JobQueue<Data> = {
  /** One of a key, as long as that is known: then it is remembered by its work alone. Throws RedisDown. */
  add(key: string, data: Data, how?: { readonly delayMs?: number; readonly backoffMs?: number }): Promise<void>
  /** By the clock, in UTC: `5 0 * * *` is five past midnight. However many processes ask for it, there is one. */
  repeat(key: string, pattern: string, data: Data): Promise<void>
  close(): Promise<void>
}

export function jobQueue<Data>(name: string, address: RedisAddress): JobQueue<Data> {
  // Who adds a job does not wait for a Redis that is gone; that there is a connection is waited for as long as there never was one.
  const connection = new Redis({ ...connectionTo(address), enableOfflineQueue: false, maxRetriesPerRequest: 1 })
  connection.on('error', () => {}) // Who adds a job hears of it.
  const options = { connection, prefix: PREFIX, skipVersionCheck: true, defaultJobOptions: JOB }
  const queue = new Queue<unknown>(name, options)
  queue.on('error', () => {})
  return {
    async add(key, data, { delayMs = 0, backoffMs } = {}) {
      const backoff = backoffMs === undefined ? {} : { backoff: { type: 'exponential', delay: backoffMs } }
      const span = beginPart(() => ({ name: `add ${name}`, kind: 'producer', attributes: ofQueue(name) }))
      const trace = span ? { telemetry: { metadata: span.traceparent } } : {}
      await asSpan(span, () => asked(() => queue.add(name, data, { jobId: key, delay: delayMs, ...backoff, ...trace })))
    },
    async repeat(key, pattern, data) {
      await asked(() => queue.upsertJobScheduler(key, { pattern, tz: 'UTC' }, { name, data, opts: JOB }))
    },
    async close() {
      // Its own goodbye to a Redis that is gone waits for ever.
      await inTime(CLOSE_WITHIN_MS, () => queue.close()).catch(() => undefined)
      connection.disconnect()
    },
  }
}

async function asked(ask: () => Promise<unknown>): Promise<void> {
  await inTime(ADD_WITHIN_MS, ask).catch((cause: Error) => {
    throw new RedisDown(`the queue of jobs: ${cause.message}`, { cause })
  })
}

export type JobWorker = { close(): Promise<void> }

/** What the work throws is tried again; that it was done twice, after a death in the middle of it, must do no harm. */
export function jobWorker<Data>(name: string, address: RedisAddress, work: (data: Data) => Promise<void>): JobWorker {
  const connection = { ...connectionTo(address), maxRetriesPerRequest: null }
  const limits = {
    concurrency: JOBS_AT_ONCE,
    lockDuration: LOCK_MS,
    stalledInterval: LOOK_FOR_DEAD_MS,
    maxStalledCount: MOST_DEATHS,
  }
  const worker = new Worker<Data>(name, (job) => asSpan(beginJob(job), () => work(job.data)), {
    connection,
    prefix: PREFIX,
    ...limits,
  })
  const tell = tellingFailures(`the worker of ${name}`)
  worker.on('error', (error) => void tell(() => Promise.reject(error)))
  worker.on('failed', (job, error) =>
    logLine(40, `job ${name} ${job?.id} failed, attempt ${job?.attemptsMade}: ${error.message}`),
  )
  return {
    // Its own way to close has no deadline; a job that is left is taken up by another worker.
    close: () => inTime(CLOSE_WITHIN_MS, () => worker.close()).catch(() => worker.close(true)),
  }
}

/** Who added it has left word of the trace. */
function beginJob({ name, opts, attemptsMade }: Job): Span | undefined {
  const parent = traceparentIn(opts.telemetry?.metadata)
  if (parent === undefined) return undefined
  return beginSpan(() => ({
    name: `do ${name}`,
    kind: 'consumer',
    parent,
    attributes: { ...ofQueue(name), 'outgrow.attempt': attemptsMade + 1 },
  }))
}

function ofQueue(name: string) {
  return { 'messaging.system': 'bullmq', 'messaging.destination.name': name }
}

function connectionTo(address: RedisAddress) {
  const bounds = { deadlineMs: ADD_WITHIN_MS }
  return { ...optionsOf(address, bounds), connectTimeout: ADD_WITHIN_MS, retryStrategy: () => RETRY_MS, disableClientInfo: true }
}
