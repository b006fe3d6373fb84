/**
 * An HTTP client that behaves like one browser: it sends JSON and keeps the cookie `sid`. It is written for the contract alone,
 * so that what it shows is what went over the wire: nothing is retried, followed or hidden.
 */
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'

/** A running shop and, where it is known, what stands around it. */
export type Target = {
  readonly url: string
  /** Where the card processor answers; without it, charges are checked through the shop alone. */
  readonly bankUrl?: string
  /** Where what the shop mails can be read; without it, codes that are mailed are not tried. */
  readonly outboxFile?: string
  /** Names of the database hosts, as answers that explain themselves say them. */
  readonly databaseNames?: readonly string[]
  /** How many processes answer a product's page. */
  readonly appCount?: number
  /** How many times over a limit may be used: each app process counts for itself where counts are kept in its memory. */
  readonly limitsTimes?: number
}

export type Problem = { type: string; title: string; status: number; code: string; detail: string; requestId: string }

export type Answer<Body> = { status: number; headers: IncomingHttpHeaders; text: string; body: Body }

export type CallOptions = {
  /** Sent as JSON. */
  json?: unknown
  /** Sent as it is; the content type is then the caller's affair. */
  raw?: string | Buffer
  key?: string
  headers?: Record<string, string>
}

export type Client = {
  /** The session token, as the last answer that set it left it. */
  sid: string | undefined
  call<Body = Problem>(method: string, path: string, options?: CallOptions): Promise<Answer<Body>>
  get<Body = Problem>(path: string, options?: CallOptions): Promise<Answer<Body>>
  post<Body = Problem>(path: string, json?: unknown, options?: CallOptions): Promise<Answer<Body>>
  patch<Body = Problem>(path: string, json?: unknown, options?: CallOptions): Promise<Answer<Body>>
  delete<Body = Problem>(path: string, options?: CallOptions): Promise<Answer<Body>>
}

const ANSWER_TIMEOUT_MS = 20_000

/** `localAddress` makes the client come from another address of this machine, such as 127.0.0.2. */
export function clientOf(target: Target, { localAddress }: { localAddress?: string } = {}): Client {
  const client: Client = {
    sid: undefined,
    async call<Body>(method: string, path: string, options: CallOptions = {}) {
      const answer = await send<Body>(new URL(target.url), method, path, withCookie(client.sid, options), localAddress)
      client.sid = sidAfter(client.sid, answer.headers['set-cookie'])
      return answer
    },
    get: (path, options) => client.call('GET', path, options),
    post: (path, json, options) => client.call('POST', path, { ...options, json }),
    patch: (path, json, options) => client.call('PATCH', path, { ...options, json }),
    delete: (path, options) => client.call('DELETE', path, options),
  }
  return client
}

/** The attributes of the `sid` cookie that an answer sets, lower-cased, or undefined when it sets none. */
export function sidCookie(answer: Answer<unknown>): { value: string; attributes: string[] } | undefined {
  const line = answer.headers['set-cookie']?.find((cookie) => cookie.startsWith('sid='))
  if (line === undefined) return undefined
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
  return { value: pair.slice('sid='.length), attributes: attributes.map((attribute) => attribute.toLowerCase()) }
}

function withCookie(sid: string | undefined, options: CallOptions): CallOptions {
  return sid === undefined ? options : { ...options, headers: { cookie: `sid=${sid}`, ...options.headers } }
}

function sidAfter(sid: string | undefined, setCookies: string[] = []): string | undefined {
  for (const cookie of setCookies) {
    const value = /^sid=([^;]*)/.exec(cookie)?.[1]
    if (value !== undefined) return value === '' ? undefined : value
  }
  return sid
}

function send<Body>(base: URL, method: string, path: string, options: CallOptions, localAddress?: string): Promise<Answer<Body>> {
  const payload = options.raw ?? (options.json === undefined ? undefined : JSON.stringify(options.json))
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
  // A connection of its own for each request: nothing that one request leaves on a connection can meet the next.
  const place = { host: base.hostname, port: base.port, agent: false as const, localAddress, signal }
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...place, method, path, headers: headersOf(options, payload) }, (incoming) => {
      readAnswer<Body>(incoming).then(resolve, reject)
    })
    outgoing.once('error', (error) => reject(new Error(`${method} ${path}: ${error.message}`, { cause: error })))
    outgoing.end(payload)
  })
}

function headersOf(options: CallOptions, payload: string | Buffer | undefined): Record<string, string> {
  const headers: Record<string, string> = {}
  if (options.json !== undefined) headers['content-type'] = 'application/json'
  if (options.key !== undefined) headers['idempotency-key'] = options.key
  if (payload !== undefined) headers['content-length'] = String(Buffer.byteLength(payload))
  return { ...headers, ...options.headers }
}

async function readAnswer<Body>(incoming: IncomingMessage): Promise<Answer<Body>> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString('utf8')
  const isJson = /[/+]json\b/.test(incoming.headers['content-type'] ?? '') && text !== ''
  const body = (isJson ? JSON.parse(text) : undefined) as Body
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, text, body }
}
