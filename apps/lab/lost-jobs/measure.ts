/** The same jobs in the documents' list and in BullMQ, while their only worker is killed again and again and started anew. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { endOwned, ownedFolder, spawnOwned } from '../../../infra/process/owned-process.ts'
import { until } from '../../../infra/process/until.ts'
import { startTestRedis, type TestRedis } from '../../../infra/redis/test-server.ts'
import { jobQueue } from '../../consumers/job-queue.ts'
import { parseRedisUrl } from '../../platform/redis/address.ts'
import { LIST, type Queue, type WorkerPlace } from './worker.ts'

export type LostJobsAsked = { readonly jobs: number; readonly kills: number }
export type LostJobs = {
  readonly queue: Queue
  readonly jobs: number
  readonly kills: number
  readonly lost: number
  readonly doneTwice: number
}

const PROGRAM = join(import.meta.dirname, 'worker.ts')
/** A job whose worker died is given to another after 7.5 s; of many deaths one after the other some have taken over 30 s. */
const LOST_AFTER_MS = 120_000
const QUIET_MS = 1_000
const POLL_MS = 20

export async function measureLostJobs(asked: LostJobsAsked, signal: AbortSignal): Promise<LostJobs[]> {
  const server = await startTestRedis({ role: 'events' })
  try {
    const results: LostJobs[] = []
    for (const queue of ['list', 'BullMQ'] as const) results.push(await measure(queue, server, asked, signal))
    return results
  } finally {
    await server.stop()
  }
}

async function measure(queue: Queue, server: TestRedis, { jobs, kills }: LostJobsAsked, signal: AbortSignal): Promise<LostJobs> {
  const folder = await ownedFolder('outgrow-jobs-')
  const file = join(folder.path, 'done')
  try {
    await PUTS[queue](server, jobs)
    const place = { queue, file, url: queue === 'list' ? server.labUrl : server.url }
    for (let killed = 0; killed < kills; killed++) {
      const worker = startWorker({ ...place, dies: true })
      await once(worker, 'exit', { signal })
    }
    const last = startWorker({ ...place, dies: false })
    await until(ENDS[queue](server, file, jobs), { withinMs: LOST_AFTER_MS, everyMs: POLL_MS, signal })
    // The last job, and whatever is done twice, has its time.
    await sleep(QUIET_MS, undefined, { signal })
    await endOwned(last)
    const done = await doneIn(file)
    const different = new Set(done).size
    return { queue, jobs, kills, lost: jobs - different, doneTwice: done.length - different }
  } finally {
    await folder.remove()
  }
}

const PUTS: Readonly<Record<Queue, (server: TestRedis, jobs: number) => Promise<void>>> = {
  async list({ labUrl }, jobs) {
    const redis = new Redis(labUrl)
    for (let number = 0; number < jobs; number++) await redis.lpush(LIST, number)
    redis.disconnect()
  },
  async BullMQ({ url }, jobs) {
    const queue = jobQueue<{ readonly number: number }>('lab', parseRedisUrl('the jobs', url))
    for (let number = 0; number < jobs; number++) await queue.add(`job-${number}`, { number })
    await queue.close()
  },
}

/** Nothing is left to be done: of a list there is nothing in it, and what is lost nobody does any more. */
const ENDS: Readonly<Record<Queue, (server: TestRedis, file: string, jobs: number) => () => Promise<boolean>>> = {
  list:
    ({ labUrl }) =>
    async () => {
      const redis = new Redis(labUrl)
      return redis
        .llen(LIST)
        .then((left) => left === 0)
        .finally(() => redis.disconnect())
    },
  BullMQ: (_server, file, jobs) => async () => new Set(await doneIn(file)).size === jobs,
}

function startWorker(place: WorkerPlace) {
  return spawnOwned({ path: process.execPath, args: [PROGRAM, JSON.stringify(place)], env: { PATH: process.env.PATH } })
}

async function doneIn(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.split('\n').filter((line) => line !== '')
}
