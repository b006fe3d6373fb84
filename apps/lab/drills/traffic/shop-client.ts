import { Agent } from 'node:http'
import { httpCall } from '../../../../infra/process/http-call.ts'
import type { SessionSeen } from '../../invariants/sightings.ts'
import { errorCodeOf } from './error-code.ts'
import type { Operation, Recording, Sent } from './recording.ts'

/** Somebody who is logged in; `name` is what findings call the session, as its token is nobody's business. */
export type Session = { readonly name: string; readonly userId: string; readonly cookie: string }

export type Call = {
  readonly operation: Operation
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** Any other status is a failure … */
  readonly expect: number
  /** … but for answers that say what an earlier request of the same does, or did. */
  readonly accepts?: (reply: Reply) => boolean
  readonly body?: unknown
  readonly key?: string
  readonly session?: Session
  /** Whose it is, where no session tells. */
  readonly customer?: string
}

/** Status 0 says that no answer was read whole: the request may or may not have had effect. */
export type Reply = {
  readonly status: number
  readonly body: string
  readonly setCookie: string
  /** What is left of the limits that it came under, as the shop tells it. */
  readonly rateLimit: string
  readonly servedBy: string | undefined
  /** Why there is no answer. */
  readonly error: string
  readonly startedAt: number
  readonly endedAt: number
}

const REQUEST_TIMEOUT_MS = 10_000
const CONNECTIONS = 256
/** Answers that an app gives only to somebody whom it knows. */
const KNOWN = new Set([200, 201, 204, 402, 404, 409])

/** Sends requests to one address over connections that it keeps, and writes each of them down. */
export class ShopClient {
  readonly recording: Recording = { sent: [], stoppedAt: Number.POSITIVE_INFINITY, leftUnknown: 0, lines: [], sightings: [] }
  /** Of the address, as the shop told it last: how many, and until when that counts. */
  logIns = { left: Number.POSITIVE_INFINITY, endsAt: 0 }
  readonly #url: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })

  constructor(url: string) {
    this.#url = url
  }

  async send(call: Call): Promise<Reply> {
    const reply = await this.#exchange(call)
    this.recording.sent.push(sentOf(call, reply))
    return reply
  }

  /** Of a request that bears a session it is also kept whether the shop knew the session. */
  async sendAs(session: Session, call: Omit<Call, 'session'>): Promise<Reply> {
    const reply = await this.send({ ...call, session })
    if (reply.status === 401) this.noteSession(session, 'refused', reply)
    if (KNOWN.has(reply.status)) this.noteSession(session, 'accepted', reply)
    return reply
  }

  noteSession(
    { name }: Session,
    event: SessionSeen['event'],
    { startedAt, endedAt, servedBy }: Pick<Reply, 'startedAt' | 'endedAt' | 'servedBy'>,
  ) {
    this.recording.sightings.push({ kind: 'session', session: name, event, startedAt, endedAt, where: servedBy ?? 'nobody' })
  }

  close(): void {
    this.#agent.destroy()
  }

  async #exchange({ method, path, body, key, session }: Call): Promise<Reply> {
    const startedAt = performance.now()
    const headers = { ...(key !== undefined && { 'idempotency-key': key }), ...(session && { cookie: session.cookie }) }
    const call = { agent: this.#agent, method, headers, body, timeoutMs: REQUEST_TIMEOUT_MS }
    try {
      const { status, headers: told, text } = await httpCall(`${this.#url}${path}`, call)
      const servedBy = told['x-served-by']
      const about = {
        setCookie: told['set-cookie']?.[0] ?? '',
        rateLimit: String(told.ratelimit ?? ''),
        servedBy: typeof servedBy === 'string' ? servedBy : undefined,
      }
      return { ...about, status, body: text, error: '', startedAt, endedAt: performance.now() }
    } catch (error) {
      const nothing = { status: 0, body: '', setCookie: '', rateLimit: '', servedBy: undefined }
      return { ...nothing, error: (error as Error).message, startedAt, endedAt: performance.now() }
    }
  }
}

function sentOf(call: Call, reply: Reply): Sent {
  const { operation, customer = call.session?.userId } = call
  const { servedBy, startedAt, endedAt } = reply
  const failure = failureOf(call, reply)
  return {
    operation,
    startedAt,
    endedAt,
    ...(customer !== undefined && { customer }),
    ...(servedBy !== undefined && { servedBy }),
    ...(failure !== undefined && { failure }),
  }
}

function failureOf({ expect, accepts }: Call, reply: Reply): string | undefined {
  if (reply.status === 0) return reply.error
  if (reply.status === expect || accepts?.(reply)) return undefined
  // A refusal is the shop's word against the client's; the others say that it is not there, whoever says so.
  return reply.status === 409 ? `status 409 ${errorCodeOf(reply)}` : `status ${reply.status}`
}
