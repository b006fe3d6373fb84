import type { Sent } from './copy.ts'
import type { Answer, Sending, Service } from './service.ts'

const ATTEMPTS = 3
/** For each of them. */
const ATTEMPT_MS = 1_000

/** What many do, and `--set retries=naive` shows: whoever asks a service asks three times, whatever it was and however many ask. */
export function retriedNaively(service: Service): Service {
  return { ...service, send: (sent, sending) => attempt(service, { sent, sending, left: ATTEMPTS }) }
}

type Attempt = { readonly sent: Sent; readonly sending: Sending; readonly left: number }

async function attempt(service: Service, { sent, sending, left }: Attempt): Promise<Answer> {
  try {
    const answer = await service.send(sent, { ...sending, withinMs: Math.min(ATTEMPT_MS, sending.withinMs) })
    if (left === 1 || answer.statusCode !== BUSY) return answer
    await answer.body.dump().finally(answer.done)
  } catch (error) {
    if (left === 1 || sending.signal?.aborted) throw error
  }
  return attempt(service, { sent, sending, left: left - 1 })
}

const BUSY = 503
