import type { Agent as HttpAgent, IncomingMessage } from 'node:http'
import { Agent, request as httpRequest } from '../../infra/process/node-http.ts'
import { noteTiming } from '../platform/http/explain.ts'
import { asSpan, beginPart } from '../platform/process/span.ts'
import { type Bank, BankSilent, type Charge, type ChargeOrder } from './bank.ts'

const ATTEMPTS = 2
/** For one attempt, from asking for a connection to the last byte; slow cards take 2 s. */
const ATTEMPT_TIMEOUT_MS = 3_000
const CONNECTIONS = 50
/** Charges under way in this process, those that wait for a connection included; one more is refused at once. */
const CHARGES_AT_ONCE = 500
const ANSWER_LIMIT_BYTES = 16 * 1_024

/** The bank over HTTP. An attempt without an answer is repeated once with the same key, which finds a lost answer again. */
export function bankClient(url: string): Bank {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  let underWay = 0
  return {
    async charge(order) {
      if (underWay >= CHARGES_AT_ONCE) throw new BankSilent('too many charges wait for the bank')
      underWay += 1
      const startedAt = performance.now()
      try {
        // What is outside is told nothing of our trace.
        const span = beginPart(() => ({ name: 'charge', kind: 'client', attributes: { 'server.address': 'bank' } }))
        return await asSpan(span, () => attempt(agent, url, order, ATTEMPTS))
      } finally {
        underWay -= 1
        noteTiming('bank', 'bank', performance.now() - startedAt)
      }
    },
  }
}

async function attempt(agent: HttpAgent, url: string, order: ChargeOrder, attemptsLeft: number): Promise<Charge> {
  try {
    return await chargeOnce(agent, url, order)
  } catch (error) {
    if (!(error instanceof BankSilent) || attemptsLeft <= 1) throw error
    return attempt(agent, url, order, attemptsLeft - 1)
  }
}

async function chargeOnce(agent: HttpAgent, url: string, { key, ...charge }: ChargeOrder): Promise<Charge> {
  const { status, text } = await post(agent, `${url}/charges`, { 'idempotency-key': key }, JSON.stringify(charge))
  if (status === 201) return { status: 'captured', chargeId: chargeIdOf(text) }
  if (status === 402) return { status: 'declined' }
  if (status >= 500) throw new BankSilent(`the bank answered ${status}`)
  // We asked for something that the bank does not take: asking again would not help.
  throw new Error(`the bank answered ${status} to charge ${key}: ${text}`)
}

function chargeIdOf(text: string): string {
  const body: unknown = JSON.parse(text)
  if (typeof body === 'object' && body !== null && 'chargeId' in body && typeof body.chargeId === 'string') return body.chargeId
  throw new Error(`the bank answered without a charge id: ${text}`)
}

type Answer = { readonly status: number; readonly text: string }

async function post(agent: HttpAgent, url: string, headers: Record<string, string>, body: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const length = Buffer.byteLength(body)
  const outgoing = httpRequest(url, {
    method: 'POST',
    agent,
    headers: { ...headers, 'content-type': 'application/json', 'content-length': length },
    signal: AbortSignal.timeout(ATTEMPT_TIMEOUT_MS),
  })
  outgoing.once('response', resolve)
  outgoing.on('error', reject)
  outgoing.end(body)
  try {
    const incoming = await promise
    return { status: incoming.statusCode ?? 0, text: await read(incoming) }
  } catch (error) {
    throw new BankSilent('the bank did not answer', { cause: error })
  }
}

async function read(incoming: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of incoming.setEncoding('utf8')) {
    text += chunk
    if (text.length > ANSWER_LIMIT_BYTES) throw new Error(`the answer is longer than ${ANSWER_LIMIT_BYTES} bytes`)
  }
  return text
}
