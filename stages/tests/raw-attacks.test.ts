/** Attacks on the wire: what no HTTP client would send. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientOf } from '../contract/client.ts'
import { differencesOf } from '../contract/differences.ts'
import { type Dripped, drip, exchange } from '../contract/http/raw-connection.ts'
import { DEMO_PASSWORD } from '../contract/people.ts'
import { sharedStage } from './shared-stage.ts'

const HOST = 'Host: 127.0.0.1'
const SMUGGLED = `GET /products/prd_00002 HTTP/1.1\r\n${HOST}\r\n\r\n`
/** Twice what the slowest server here gives a request to arrive; the tests wait for the closing, not for this. */
const GIVES_UP_MS = 24_000

describe.each([1, 3, 6])('stage %d on the wire', (number) => {
  const target = sharedStage(number)
  const { apps: services, frontDoors, balancer } = differencesOf(number)
  const apps = [...services, ...frontDoors]
  let slow: Promise<Dripped>[] = []
  beforeAll(() => {
    // They run while the other tests do, and are judged last.
    slow = SLOW.map((parts) => drip(target(), { ...parts, everyMs: 500, timeoutMs: GIVES_UP_MS }))
  })
  afterAll(() => Promise.all(slow))

  it.each(SMUGGLING)('lets no second request through: %s', async (_, bytes) => {
    const { text, statuses } = await exchange(target(), bytes)
    expect(text).not.toContain('prd_00002')
    expect(statuses.length, text).toBeLessThanOrEqual(1)
    for (const status of statuses) expect([400, 401, 404, 411, 415, 501], text).toContain(status)
  })

  it.each(MALFORMED)('refuses what is no request: %s', async (_, bytes, { status, readBy, mayBeReset = false }) => {
    const { text, statuses, closed } = await exchange(target(), bytes)
    const isPage = balancer !== null && readBy === 'nobody'
    if (!(mayBeReset && text === '')) {
      expect(statuses, text).toEqual([isPage ? 400 : status])
      expectFrom(text, isPage ? PAGE : problemOf(apps))
    }
    // Behind a load balancer that took it for a request, the refusal is an answer like any other and the connection stays.
    expect(closed).toBe(balancer === null || isPage)
    expectNoInside(text)
  })

  it.each(ODD)('answers what most servers drop without a word: %s', async (_, bytes, { status, code, readBy }) => {
    const { text, statuses } = await exchange(target(), bytes)
    const isPage = balancer !== null && readBy === 'nobody'
    expect(statuses, text).toEqual([status])
    expectFrom(text, isPage ? PAGE : problemOf(apps, code))
    expectNoInside(text)
  })

  it('takes as many headers as fit', async () => {
    const fields = Array.from({ length: 120 }, (_, index) => `X-${index}: 1\r\n`).join('')
    const { text, statuses } = await exchange(target(), `GET /health/live HTTP/1.1\r\n${HOST}\r\n${fields}\r\n`)
    expect(statuses, text).toEqual([200])
  })

  // Releases of HAProxy differ in whether they take it for a request; whoever refuses it, it goes no further.
  it('refuses a NUL in a header', async () => {
    const { text, statuses } = await exchange(target(), `GET / HTTP/1.1\r\n${HOST}\r\nX-Bad: a\0b\r\n\r\n`)
    expect(statuses, text).toEqual([400])
    expectNoInside(text)
  })

  it.each(PATHS)('finds nothing at %s', async (path) => {
    const { text, statuses } = await exchange(target(), `GET ${path} HTTP/1.1\r\n${HOST}\r\nConnection: close\r\n\r\n`)
    expect([400, 403, 404, 414], text).toContain(statuses[0])
    expectFrom(text, problemOf(apps))
    expectNoInside(text)
  })

  it('refuses a body by its declared length before it has come', async () => {
    const head = `POST /users HTTP/1.1\r\n${HOST}\r\nContent-Type: application/json\r\nContent-Length: 1048577\r\n\r\n`
    // More than a load balancer keeps before it asks an app, and less than what was declared.
    const { text, statuses } = await exchange(target(), `${head}${' '.repeat(70_000)}`)
    expect(statuses, text).toEqual([413])
    expect(text).toContain('PAYLOAD_TOO_LARGE')
  })

  it('refuses a chunked body once it is too large', async () => {
    const head = `POST /users HTTP/1.1\r\n${HOST}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
    const chunk = `1000\r\n${' '.repeat(0x1000)}\r\n`
    const { text, statuses } = await exchange(target(), head + chunk.repeat(20))
    expect(statuses, text).toEqual([413])
  })

  it('serves others while many connections say nothing', async () => {
    const idle = Array.from({ length: 200 }, () => exchange(target(), '', { silenceMs: 2_000 }))
    const body = { email: 'shopper-0900@example.com', password: DEMO_PASSWORD }
    expect((await clientOf(target()).get('/products/prd_00001')).status).toBe(200)
    expect((await clientOf(target()).post('/sessions', body)).status).toBe(201)
    await Promise.all(idle)
  })

  it('gives up on requests that never come to their end', { timeout: GIVES_UP_MS + 10_000 }, async () => {
    const [head, body] = await Promise.all(slow)
    expect([head?.closed, body?.closed]).toEqual([true, true])
    expectFrom(head?.text, balancer === null ? problemOf(apps, 'REQUEST_TIMEOUT') : LATE_PAGE)
    expectFrom(body?.text, balancer === null ? problemOf(apps, 'REQUEST_TIMEOUT') : problemOf([balancer], 'REQUEST_TIMEOUT', '-'))
  })
})

function expectNoInside(text: string): void {
  expect(text).not.toMatch(/root:|"outgrow"|node_modules|\n\s+at |\.ts:\d/)
  // Every error that the shop answers is a problem, what comes of its libraries as well.
  expect(text).not.toMatch(/content-type: application\/json\b/i)
}

/** Whoever it is from: what the shop says is kept by nobody on the way. */
function expectFrom(text: string | undefined, answer: RegExp): void {
  expect(text).toMatch(answer)
  expect(text).toMatch(/^cache-control: no-(?:store|cache)\r$/im)
}

/** What HAProxy answers to bytes that it cannot read as HTTP, and to headers without end, is built in, and no setting changes it. */
const PAGE = /^HTTP\/1\.1 400 Bad request\r\n.*<h1>400 Bad request<\/h1>/s
const LATE_PAGE = /^HTTP\/1\.1 408 Request Time-out\r\n.*<h1>408 Request Time-out<\/h1>/s

/** A problem from one of these servers. */
function problemOf(servers: readonly string[], code = '\\w+', requestId = '[\\w-]{8,}'): RegExp {
  const head = `x-served-by: (?:${servers.join('|')})\\r\\n[^{]*content-type: application/problem\\+json\\b[^{]*`
  return new RegExp(`${head}\\{.*"code":"${code}".*"requestId":"${requestId}"`, 'is')
}

const POST = `POST /sessions HTTP/1.1\r\n${HOST}\r\nContent-Type: application/json\r\n`
const SMUGGLING: [string, string][] = [
  ['a length and chunks', `${POST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['chunks and a length', `${POST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['two lengths', `${POST}Content-Length: 2\r\nContent-Length: ${SMUGGLED.length + 2}\r\n\r\n{}${SMUGGLED}`],
  ['a length that is a list', `${POST}Content-Length: 2, ${SMUGGLED.length + 2}\r\n\r\n{}${SMUGGLED}`],
  ['an unknown encoding', `${POST}Transfer-Encoding: xchunked\r\n\r\n${SMUGGLED}`],
  ['a folded encoding', `${POST}Transfer-Encoding:\r\n xchunked\r\n\r\n${SMUGGLED}`],
  ['a space before the colon', `${POST}Content-Length : 2\r\n\r\n{}${SMUGGLED}`],
  ['a negative length', `${POST}Content-Length: -1\r\n\r\n${SMUGGLED}`],
  ['a length with a sign', `${POST}Content-Length: +2\r\n\r\n{}${SMUGGLED}`],
  [
    'an encoding after a line that ends without CR',
    `${POST}Content-Length: 40\r\nX-A: b\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  ],
  ['a chunk size too large for any number', `${POST}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n${SMUGGLED}`],
]

/** `status` is the app's; a load balancer cannot read some of it itself. An answer may be lost with a connection that is reset while bytes come. */
type Refusal = { status: 400 | 404 | 431; readBy: 'balancer' | 'nobody'; mayBeReset?: boolean }
const MALFORMED: [string, string, Refusal][] = [
  ['no HTTP at all', `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${'\0'.repeat(40)}\r\n\r\n`, { status: 400, readBy: 'nobody' }],
  ['a header without a colon', `GET / HTTP/1.1\r\n${HOST}\r\nnonsense\r\n\r\n`, { status: 400, readBy: 'nobody' }],
  [
    '40 KB of cookies',
    `GET / HTTP/1.1\r\n${HOST}\r\nCookie: ${'c=x; '.repeat(8_000)}\r\n\r\n`,
    { status: 431, readBy: 'balancer' },
  ],
  [
    '1,500 headers',
    `GET / HTTP/1.1\r\n${HOST}\r\n${'X-Many: 1234567890\r\n'.repeat(1_500)}\r\n`,
    { status: 431, readBy: 'balancer' },
  ],
  ['a header of 20 KB', `GET / HTTP/1.1\r\n${HOST}\r\n${largeHeader(20_000)}\r\n`, { status: 431, readBy: 'balancer' }],
  [
    'a header of 80 KB',
    `GET / HTTP/1.1\r\n${HOST}\r\n${largeHeader(80_000)}\r\n`,
    { status: 431, readBy: 'nobody', mayBeReset: true },
  ],
  [
    '5,000 headers',
    `GET / HTTP/1.1\r\n${HOST}\r\n${'X-Many: 1234567890\r\n'.repeat(5_000)}\r\n`,
    { status: 431, readBy: 'nobody', mayBeReset: true },
  ],
  ['a method that is none', `G<T / HTTP/1.1\r\n${HOST}\r\n\r\n`, { status: 400, readBy: 'nobody' }],
  ['a path that is not ASCII', `GET /\u0080\u00ff HTTP/1.1\r\n${HOST}\r\n\r\n`, { status: 400, readBy: 'nobody' }],
  [
    'an address on another host than Host says',
    `GET http://evil.example/nowhere HTTP/1.1\r\n${HOST}\r\nConnection: close\r\n\r\n`,
    { status: 404, readBy: 'nobody' },
  ],
]

type Odd = { status: number; code: string; readBy: 'balancer' | 'nobody' }
const ODD: [string, string, Odd][] = [
  ['no Host', 'GET /products/prd_00001 HTTP/1.1\r\n\r\n', { status: 400, code: 'BAD_REQUEST', readBy: 'balancer' }],
  [
    'two Hosts',
    `GET /products/prd_00001 HTTP/1.1\r\n${HOST}\r\nHost: evil.example\r\n\r\n`,
    { status: 400, code: 'BAD_REQUEST', readBy: 'nobody' },
  ],
  [
    'an unknown expectation',
    `${POST}Expect: nonsense\r\nContent-Length: 0\r\n\r\n`,
    { status: 417, code: 'EXPECTATION_FAILED', readBy: 'balancer' },
  ],
  [
    'a tunnel',
    `CONNECT 127.0.0.1:3306 HTTP/1.1\r\nHost: 127.0.0.1:3306\r\n\r\n`,
    { status: 405, code: 'METHOD_NOT_ALLOWED', readBy: 'balancer' },
  ],
  ['an unknown method', `NONSENSE / HTTP/1.1\r\n${HOST}\r\n\r\n`, { status: 400, code: 'BAD_REQUEST', readBy: 'balancer' }],
]

function largeHeader(bytes: number): string {
  return `X-Large: ${'x'.repeat(bytes)}\r\n`
}

const PATHS = [
  '/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
  '/../../../../etc/passwd',
  '/..%2f..%2fpackage.json',
  '/docs/static/..%2f..%2f..%2f..%2fpackage.json',
  '/docs/static/%2e%2e/%2e%2e/%2e%2e/package.json',
  '/docs/static/....//....//package.json',
  '/package.json',
  '/.git/config',
  '//etc/passwd',
  '/%00',
  '/%ff',
  '/%',
  '/%zz',
  '/products/%00',
  '/products/%ff',
  '/products/%2e%2e%2forders',
  '/products/prd_00001%0d%0aSet-Cookie:x=y',
  `/products/${'a'.repeat(101)}`,
  `/products/${'a'.repeat(3_000)}`,
]

const SLOW = [
  { head: `GET / HTTP/1.1\r\n${HOST}\r\nX-Slow: `, drop: 'x' },
  { head: `POST /sessions HTTP/1.1\r\n${HOST}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n`, drop: ' ' },
]
