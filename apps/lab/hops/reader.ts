import { Agent, request } from 'node:http'

export type Reader = {
  /** So many so far. */
  answered(): number
  /** Throws what went wrong, if anything did. */
  stop(): Promise<void>
}

const AT_ONCE = 16
/** A machine that is out of breath fails now and then, above all at the beginning; a stage that is broken does so without end. */
const MOST_FAILURES = 200
const ANSWER_WITHIN_MS = 10_000

/** Asks for one page after the other, several at a time, until it is stopped. */
export function askForPages(url: string, pathOf: (index: number) => string): Reader {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  let next = 0
  let answered = 0
  let isStopped = false
  let failures = 0
  const lane = async () => {
    while (!isStopped) {
      const failed = await ask(agent, url + pathOf(next++)).catch((error: Error) => error)
      if (!failed) answered += 1
      else if (++failures > MOST_FAILURES) throw failed
    }
  }
  const lanes = Promise.all(Array.from({ length: AT_ONCE }, lane))
  lanes.catch(() => {})
  return {
    answered: () => answered,
    async stop() {
      isStopped = true
      await lanes
      agent.destroy()
    },
  }
}

function ask(agent: Agent, url: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const sent = request(url, { agent, timeout: ANSWER_WITHIN_MS }, (answer) => {
    const { statusCode } = answer
    answer.resume()
    answer.once('end', () => (statusCode === 200 ? resolve() : reject(new Error(`${url} was answered ${statusCode}`))))
  })
  sent.once('timeout', () => sent.destroy(new Error(`${url} had no answer within ${ANSWER_WITHIN_MS} ms`)))
  sent.once('error', reject)
  sent.end()
  return promise
}
