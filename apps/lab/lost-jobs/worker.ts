/** A worker that does jobs by writing their numbers into a file, as long as it lives: told its queue and its places as JSON. */
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { jobWorker } from '../../consumers/job-queue.ts'
import { parseRedisUrl } from '../../platform/redis/address.ts'

export type Queue = 'list' | 'BullMQ'
export type WorkerPlace = { readonly queue: Queue; readonly url: string; readonly file: string }

export const LIST = 'jobs'
const JOB_TAKES_MS = 10
const WAIT_S = 1

if (import.meta.main) {
  const { queue, url, file }: WorkerPlace = JSON.parse(process.argv[2] ?? '{}')
  const work = async (number: number): Promise<void> => {
    await sleep(JOB_TAKES_MS)
    appendFileSync(file, `${number}\n`)
  }
  if (queue === 'list') await workOnList(url, work)
  else jobWorker<{ readonly number: number }>('lab', parseRedisUrl('the jobs', url), ({ number }) => work(number))
}

/** `BRPOP jobs` (F1, R3): what was popped is in this process alone. */
async function workOnList(url: string, work: (number: number) => Promise<void>): Promise<void> {
  const redis = new Redis(url)
  for (;;) {
    const [, number] = (await redis.brpop(LIST, WAIT_S)) ?? []
    if (number !== undefined) await work(Number(number))
  }
}
