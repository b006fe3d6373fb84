import type { RedisAddress } from '../../infra/stage/app-document.ts'
import { type JobQueue, type JobWorker, jobQueue, jobWorker } from './job-queue.ts'
import type { Mailbox } from './mailbox.ts'
import type { MailJob, MailJobs } from './notifications.ts'

const MAILS = 'mail'
/** Who cancels at once gets the two mails together, and not the first while the second is on its way. */
const DELAY_MS = 2_000

export function mailJobs(address: RedisAddress, delayMs = DELAY_MS): MailJobs & Pick<JobQueue<MailJob>, 'close'> {
  const queue = jobQueue<MailJob>(MAILS, address)
  return { add: (job) => queue.add(job.key, job, { delayMs }), close: queue.close }
}

/** `addressOf` knows nothing of who is gone. */
export type Sending = { readonly mailbox: Mailbox; addressOf(userId: string): Promise<string | undefined> }

export function mailWorker(address: RedisAddress, { mailbox, addressOf }: Sending): JobWorker {
  return jobWorker<MailJob>(MAILS, address, async ({ key, userId, subject, text }) => {
    const to = await addressOf(userId)
    if (to !== undefined) await mailbox.deliver(key, { to, subject, text })
  })
}
