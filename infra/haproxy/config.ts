import path from 'node:path'
import { addressOf, listenAddress } from '../stage/address.ts'
import type { HaproxyProgram, Plan } from '../stage/plan.ts'

/** What a socket's path may measure in bytes, less what HAProxy appends while it binds. */
const SOCKET_PATH_LIMIT = 90

/** Answered by the balancer itself, whatever the apps do. */
export const OWN_HEALTH = '/health/balancer'

/**
 * Holds the headers of a request and the part of its body that is kept before an app is asked. An app takes 16 KB of headers; up to here,
 * and up to so many fields, it is the app who says that they are too large, and beyond it is HAProxy with a page of its own.
 */
const BUFFER_BYTES = 65_536
const MOST_FIELDS = 4_000

/**
 * The statuses that HAProxy itself answers, each with what it means here. They go to requests that it could read to the end of their headers.
 * To bytes that it cannot read as HTTP, and to headers that do not end in time, it sends pages that are built in and that no setting replaces.
 */
const OWN_ANSWERS: readonly { status: number; reason: string; code: string; detail: string; headers?: string }[] = [
  {
    status: 400,
    reason: 'Bad Request',
    code: 'BAD_REQUEST',
    detail: 'the request is not valid HTTP',
  },
  { status: 408, reason: 'Request Timeout', code: 'REQUEST_TIMEOUT', detail: 'the request did not arrive within 5 seconds' },
  { status: 500, reason: 'Internal Server Error', code: 'INTERNAL', detail: 'the load balancer failed' },
  { status: 502, reason: 'Bad Gateway', code: 'UNAVAILABLE', detail: 'the app ended while it worked on the request' },
  {
    status: 503,
    reason: 'Service Unavailable',
    code: 'UNAVAILABLE',
    detail: 'no app takes requests',
    headers: 'retry-after: 1\r\n',
  },
  { status: 504, reason: 'Gateway Timeout', code: 'UNAVAILABLE', detail: 'the app did not answer in time' },
]

/** Longer than the slowest payment card (2 s) with the app's own deadline behind it. Apps do not begin what they could not end by then. */
export const SERVER_TIMEOUT_MS = 10_000

/** In which the apps are told when a request came here, in milliseconds since 1970. */
export const REQUEST_START_HEADER = 'x-request-start'

/** Requests that one app works on; the next ones wait here for their turn. */
export const MOST_AT_ONCE = 64

/** For an app's turn, unless the page is more patient with its apps. */
const LONGEST_QUEUE_MS = 1_000

/** `folder` holds the error files, and the socket unless told; by `proxyKey` the apps know that it was the balancer who said where a client is. */
export type HaproxyOptions = { readonly folder: string; readonly socketFolder?: string; readonly proxyKey: string }

/** The configuration of one load balancer. Works as any user, from HAProxy 2.6 on. */
export function haproxyConfig(plan: Plan, program: HaproxyProgram, options: HaproxyOptions): string {
  const { folder, socketFolder = folder, proxyKey } = options
  const sections = [
    globalSection(socketFolder),
    ...(plan.runtime === 'compose' ? [namesSection()] : []),
    defaultsSection(plan, folder),
    frontendSection(plan, program, proxyKey),
    backendSection(plan, program),
    ...(hasStreams(plan) ? [streamsSection(plan, program)] : []),
  ]
  return `${sections.join('\n\n')}\n`
}

/** Name and raw text of each answer of its own. The text is fixed, so that no request can have an id in it. */
export function errorFiles({ name }: Pick<HaproxyProgram, 'name'>): [file: string, text: string][] {
  return OWN_ANSWERS.map(({ status, reason, code, detail, headers = '' }) => {
    const body = JSON.stringify({ type: 'about:blank', title: reason, status, code, detail, requestId: '-' })
    const head = `HTTP/1.1 ${status} ${reason}\r\nx-served-by: ${name}\r\ncontent-type: application/problem+json\r\n`
    const rest = `cache-control: no-store\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}`
    return [`${status}.http`, `${head}${rest}\r\n${body}`]
  })
}

function globalSection(folder: string): string {
  const socket = path.join(folder, 'haproxy.sock')
  return section('global', [
    'maxconn 2000',
    `tune.bufsize ${BUFFER_BYTES}`,
    `tune.http.maxhdr ${MOST_FIELDS}`,
    // Take what file descriptors there are: an ordinary user may have a low limit.
    'no strict-limits',
    // One thread: the host has a fraction of one CPU, and figures stay comparable.
    'nbthread 1',
    'hard-stop-after 5s',
    ...(Buffer.byteLength(socket) <= SOCKET_PATH_LIMIT ? [`stats socket ${quoted(socket)} mode 600 level operator`] : []),
  ])
}

/** Where apps have names their addresses may be others after each start: asked for again and again, and not once. */
function namesSection(): string {
  return section(`resolvers ${RESOLVERS}`, ['parse-resolv-conf', 'hold valid 1s'])
}

function defaultsSection({ settings: { edgePatienceMs } }: Plan, folder: string): string {
  return section('defaults', [
    'mode http',
    'timeout connect 1s',
    'timeout client 30s',
    `timeout server ${SERVER_TIMEOUT_MS}ms`,
    `timeout queue ${Math.max(LONGEST_QUEUE_MS, edgePatienceMs)}ms`,
    // 600 ms, with the pause between checks, are less than a second: what is lost with an app that hangs is told by then. No less, as one that
    // is out of breath answers late. One long check bears that better than two short ones, since each new one waits at the end of the same line.
    `timeout check ${edgePatienceMs}ms`,
    // A whole request, body too, must be here by then; only then does an app hear of it.
    'timeout http-request 5s',
    'option http-buffer-request',
    // Far below the 72 s after which Node closes an idle connection, so that the two never race.
    'timeout http-keep-alive 30s',
    'http-reuse safe',
    ...OWN_ANSWERS.map(({ status }) => `errorfile ${status} ${quoted(path.join(folder, `${status}.http`))}`),
  ])
}

function frontendSection(plan: Plan, { name, port }: HaproxyProgram, proxyKey: string): string {
  return section(`frontend ${name}`, [
    `bind ${listenAddress(plan)}:${port}`,
    `monitor-uri ${OWN_HEALTH}`,
    // Who is asking, since when, and who answered, is said by us alone.
    'http-request del-header x-forwarded-for',
    'http-request del-header forwarded',
    'http-request del-header x-served-by',
    'option forwardfor',
    `http-request set-header x-proxy-key ${proxyKey}`,
    `http-request set-header ${REQUEST_START_HEADER} %[date(0,ms)]`,
    ...(hasStreams(plan) ? ['use_backend streams if METH_GET { path_reg ^/orders/[^/]+/events$ }'] : []),
    'default_backend apps',
  ])
}

function backendSection(plan: Plan, { to }: HaproxyProgram): string {
  const servers = plan.programs.filter(({ name }) => to.includes(name))
  return section('backend apps', [
    ...BALANCE[plan.settings.balance],
    'option httpchk',
    // Whether the app takes requests, and not whether its database answers: a slow database would take all apps out at once.
    'http-check send meth GET uri /health/accepting ver HTTP/1.1 hdr host balancer',
    'http-check expect status 200',
    // An app that shuts down gets nothing new, and keeps what it works on.
    'http-check disable-on-404',
    ...REDISPATCH[plan.settings.redispatch],
    // One that hangs would hold its requests: they are broken off, and those that may be are given to another app.
    // More at once would wait inside the app, where checks wait in the same line, and not here. Measured at 1.2 times what three apps of 0.15
    // CPU carry: with 256 each was taken out up to four times in 30 s, with 64 none.
    `default-server check ${CHECKS[plan.settings.redispatch]} rise 1 on-marked-down shutdown-sessions maxconn ${MOST_AT_ONCE}${RESOLUTION[plan.runtime]}`,
    ...servers.map(({ name, port }) => `server ${name} ${addressOf(plan, name)}:${port}`),
    // On a machine that is out of breath all may answer their checks too late. Then asking any of them is better than asking none.
    'option allbackups',
    ...servers.map(({ name, port }) => `server ${name}-unchecked ${addressOf(plan, name)}:${port} backup no-check`),
  ])
}

/** Somebody follows an order for minutes, and takes none of the places of those that ask and go. */
const MOST_STREAMS = 500
/** Whoever sends a stream says every 5 s that it is there. */
const STREAM_SILENCE_MS = 15_000

function hasStreams({ programs }: Plan): boolean {
  return programs.some((program) => program.kind === 'app' && program.events !== undefined)
}

/** To the same apps, whose checks are asked once for both. What breaks off begins anew with another, by the client's own doing. */
function streamsSection(plan: Plan, { to }: HaproxyProgram): string {
  const servers = plan.programs.filter(({ name }) => to.includes(name))
  return section('backend streams', [
    ...BALANCE[plan.settings.balance],
    ...REDISPATCH[plan.settings.redispatch],
    `timeout server ${STREAM_SILENCE_MS}ms`,
    // As where the checks are asked.
    ...['option httpchk', 'http-check disable-on-404'],
    `default-server on-marked-down shutdown-sessions maxconn ${MOST_STREAMS}${RESOLUTION[plan.runtime]}`,
    ...servers.map(({ name, port }) => `server ${name} ${addressOf(plan, name)}:${port} track apps/${name}`),
  ])
}

const BALANCE = {
  'round-robin': ['balance roundrobin'],
  // Consistent, so that an app's leaving moves only its own clients.
  hash: ['balance source', 'hash-type consistent'],
} as const satisfies Record<Plan['settings']['balance'], readonly string[]>

const REDISPATCH = {
  on: [
    // A connection that was refused carried no request, so another app may get it, whatever the method.
    'retries 2',
    'option redispatch 1',
    // An answer that broke off may have had its effect: only reads are asked again, and never after a time-out, which would double an overload.
    'retry-on conn-failure empty-response',
    'http-request disable-l7-retry unless METH_GET',
  ],
  // The experiment: whoever is sent to an app that has just died is told so.
  off: ['retries 0'],
} as const satisfies Record<Plan['settings']['redispatch'], readonly string[]>

/** Where nothing is given to another app, an app that died is taken out late as well, so that a drill sees what that does and not its luck. */
const CHECKS = {
  on: 'inter 200ms fall 1',
  off: 'inter 1s fall 3',
} as const satisfies Record<Plan['settings']['redispatch'], string>

const RESOLVERS = 'names'

/** One whose name nobody knows yet is taken for down. Each name stands twice, and both may have its address. */
const RESOLUTION = {
  local: '',
  compose: ` resolvers ${RESOLVERS} resolve-opts allow-dup-ip init-addr last,libc,none`,
} as const satisfies Record<Plan['runtime'], string>

function section(title: string, lines: readonly string[]): string {
  return [title, ...lines.map((line) => `  ${line}`)].join('\n')
}

function quoted(file: string): string {
  return `"${file.replace(/["\\$]/g, '\\$&')}"`
}
