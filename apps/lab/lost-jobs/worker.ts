/** A worker that does jobs by writing their numbers into a file, until it ends with KILL in the middle of one: told its places as JSON. */
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { jobWorker } from '../../consumers/job-queue.ts'
import { parseRedisUrl } from '../../platform/redis/address.ts'

export type Queue = 'list' | 'BullMQ'
export type WorkerPlace = { readonly queue: Queue; readonly url: string; readonly file: string; readonly dies: boolean }

export const LIST = 'jobs'
const JOB_TAKES_MS = 10
const WAIT_S = 1
/** The last of them it does not end. */
const LIVES_FOR_JOBS = 3

if (import.meta.main) {
  const { queue, url, file, dies }: WorkerPlace = JSON.parse(process.argv[2] ?? '{}')
  let begun = 0
  const work = async (number: number): Promise<void> => {
    begun += 1
    if (dies && begun === LIVES_FOR_JOBS) process.kill(process.pid, 'SIGKILL')
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
