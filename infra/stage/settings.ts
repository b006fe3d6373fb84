/**
 * A stage's page gives the defaults of its settings, `--set name=value` changes one of them. These tables are the only list; the command
 * line, the lessons and the shop's configuration read them.
 */

/** Each shows something: a lesson names it and says what to look for. */
export const EXPERIMENTS = {
  sessions: choice(['memory', 'mysql', 'redis'], 'where sessions are kept: in each app process, in the database, or in Redis'),
  cache: choice(['none', 'local', 'redis'], 'where product pages are cached: nowhere, in each app process, or in Redis'),
  hotData: choice(
    ['mysql', 'redis'],
    'where bestsellers, viewed products, codes and flash sales are counted: in the database or in Redis',
  ),
  views: choice(
    ['forget', 'write-through', 'write-behind'],
    'how viewed products in Redis reach the database: never, before Redis, or soon after',
  ),
  limits: choice(['memory', 'redis'], 'where rate limits count: in each app process, or in Redis for all of them'),
  balance: choice(['round-robin', 'hash'], 'how the load balancer picks an app: in turn, or by the client address'),
  drain: choice(['on', 'off'], 'whether an app that is to stop is asked nothing more first, and ends what it has'),
  redispatch: choice(['on', 'off'], 'whether the load balancer gives a request that reached no app to another one'),
  supervision: choice(['on', 'off'], 'whether a program that ended or hangs is started again'),
  readYourWrites: choice(['on', 'off'], 'whether a read waits for a replica that has what its reader wrote'),
  semiSync: choice(['on', 'off'], 'whether a commit waits until a replica has it too'),
  failover: choice(['on', 'off'], 'whether a replica is promoted when the primary is gone'),
  fencing: choice(['on', 'off'], 'whether a primary that was replaced is kept from taking writes when it comes back'),
  giveUpSilent: choice(['on', 'off'], 'whether a database server or a copy of a service that hangs is given up within a second'),
  stampede: choice(['all', 'none', 'lock', 'coalesce', 'early'], 'what keeps many misses of one key from many queries'),
  jitter: choice(['on', 'off'], 'whether cached entries that were written together expire apart'),
  invalidation: choice(['versioned', 'delete', 'none'], 'how a change reaches what is cached'),
  hotKeys: choice(
    ['off', 'on'],
    'whether each app keeps for a moment what it is asked for most, and a change waits until nobody has it any more',
  ),
  revocations: choice(['on', 'off'], 'whether log-outs are kept in MySQL too, for a Redis that forgets them in a failover'),
  moves: choice(
    ['safe', 'unfenced', 'unleased', 'unchecked'],
    'what a move of a bucket or a slot leaves out: nothing, that others wait or are sent on, an end of that wait, or the comparison of rows',
  ),
  explain: choice(
    ['on', 'off'],
    'whether answers and pages for operators tell clients which hosts, accounts and queries are behind them',
  ),
  secureCookies: choice(
    ['on', 'off'],
    'whether session cookies are for https alone; some clients take that literally on a workshop’s plain http',
  ),
  shards: whole('how many servers the customers’ buckets are on at first', 4, { min: 1, max: 4 }),
  shardReplicas: whole('how many servers copy each of these, so that one may take its place', 0, { max: 1 }),
  databaseHost: text('the name or address at which the apps look for MySQL', '127.0.0.1'),
  breaker: choice(['on', 'off'], 'whether a service that answers nothing is not asked for a moment'),
  bulkhead: choice(['on', 'off'], 'whether each service has a share of its callers’ places, and no more'),
  retries: choice(
    ['budget', 'naive'],
    'who asks again where a service gave no answer: one layer, for reads, within a budget, or everybody, three times',
  ),
  idempotency: choice(['on', 'off'], 'whether a request that is sent again with its key is known again'),
  sweep: choice(['on', 'off'], 'whether checkouts and payments that were left half done are ended'),
  resend: choice(['on', 'off'], 'whether events that their Redis has lost are sent again from the outbox'),
  tracing: choice(['off', 'on'], 'whether each request, event and job is told as spans of one trace (OpenTelemetry)'),
  workMs: whole('milliseconds of CPU that each request of a shopper costs more in the app or the service that answers it', 0, {
    max: 200,
  }),
  queryDelayMs: whole('milliseconds added to every database query: a handicap to find again in a report', 0, { max: 1_000 }),
} as const satisfies Record<string, Setting>

export const MOST_COPIES = 8
/** How many copies a page gives its boxes of these names; `npm run scale` changes that of a service while its stage runs. */
export const COPIES = {
  users: copies('users'),
  products: copies('products'),
  orders: copies('orders'),
  payments: copies('payments'),
  gateway: copies('the gateway'),
} as const satisfies Record<string, Setting>

/** Sizes that a page or a test turns, and what there is one choice of so far: no lesson is about them. */
export const KNOBS = {
  checkout: choice(
    ['transaction', 'saga'],
    'how an order takes its stock: all in one MySQL transaction, or in steps that can be taken back',
  ),
  replicaLagLimitMs: whole('how far a replica may lag before it gets no reads, in milliseconds', 1_000, { min: 100 }),
  cacheTtlMs: whole('how long a cached product page or cart may be served, in milliseconds', 60_000, { min: 1 }),
  logInsPerMinute: whole('log-ins a minute for each address', 300, { min: 1 }),
  failedLogInsPer15Minutes: whole('failed log-ins in 15 minutes for each pair of account and address', 10, { min: 1 }),
  registrationsPerMinute: whole('registrations a minute for each address', 300, { min: 1 }),
  codesPerMinute: whole('verification codes asked for in a minute by each address', 300, { min: 1 }),
  ordersPerMinute: whole('orders a minute for each account', 100, { min: 1 }),
  edgePatienceMs: whole(
    'how long an app may leave the load balancer’s check unanswered before it is taken for hung, in milliseconds',
    600,
    { min: 100, max: 9_000 },
  ),
  ...COPIES,
} as const satisfies Record<string, Setting>

export const SETTINGS = { ...EXPERIMENTS, ...KNOBS } as const

export type SettingName = keyof typeof SETTINGS

/** All settings of a running stage, frozen. */
export type Settings = { readonly [Name in SettingName]: ValueOf<(typeof SETTINGS)[Name]> }

/** What a stage's page states; the rest comes from the table. */
export type StageSettings = Partial<Settings> & Pick<Settings, 'sessions' | 'cache' | 'checkout'>

type Choice<Value extends string = string> = { kind: 'choice'; values: readonly Value[]; about: string }
type Text = { kind: 'text'; about: string; fallback: string }
type Whole = { kind: 'whole'; about: string; fallback: number; min: number; max: number }
export type Setting = Choice | Text | Whole
type ValueOf<S> = S extends Choice<infer Value> ? Value : S extends Whole ? number : string

/** The stage's own settings, completed from the table and changed by `--set` pairs. Throws a one-line error that names the wrong pair. */
export function settingsOf(own: StageSettings, pairs: readonly string[] = []): Settings {
  const fallbacks = Object.fromEntries(Object.entries(SETTINGS).map(([name, setting]) => [name, fallbackOf(setting)]))
  const changes = Object.fromEntries(pairs.map(parsePair))
  return Object.freeze({ ...fallbacks, ...own, ...changes }) as Settings
}

/** `sessions=memory` → `['sessions', 'memory']`, checked against the table. */
export function parsePair(pair: string): [SettingName, string | number] {
  const at = pair.indexOf('=')
  const name = at < 0 ? pair : pair.slice(0, at)
  if (!isSettingName(name)) throw new Error(`no setting is called "${name}"; there are: ${everyName()}`)
  if (at < 0) throw new Error(`--set ${name} needs a value, for example ${name}=${example(SETTINGS[name])}`)
  return [name, parseValue(name, SETTINGS[name], pair.slice(at + 1))]
}

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name)
}

function everyName(): string {
  return `${Object.keys(EXPERIMENTS).join(', ')}; and as knobs ${Object.keys(KNOBS).join(', ')}`
}

function parseValue(name: string, setting: Setting, value: string): string | number {
  if (setting.kind === 'text' && value !== '') return value
  if (setting.kind === 'choice' && setting.values.includes(value)) return value
  if (setting.kind === 'whole' && /^\d{1,9}$/.test(value)) {
    const number = Number(value)
    if (number >= setting.min && number <= setting.max) return number
  }
  throw new Error(`"${value}" is no value for the setting ${name}: it takes ${takes(setting)}`)
}

function takes(setting: Setting): string {
  if (setting.kind === 'choice') return setting.values.join(' or ')
  if (setting.kind === 'text') return 'a name or an address'
  return `a whole number from ${setting.min} to ${setting.max}`
}

function example(setting: Setting): string | number {
  return setting.kind === 'choice' ? (setting.values[0] ?? '') : setting.fallback
}

function fallbackOf(setting: Setting): string | number | undefined {
  return setting.kind === 'choice' ? setting.values[0] : setting.fallback
}

function choice<const Value extends string>(values: readonly Value[], about: string): Choice<Value> {
  return { kind: 'choice', values, about }
}

function text(about: string, fallback: string): Text {
  return { kind: 'text', about, fallback }
}

function copies(of: string): Whole {
  return whole(`how many copies of ${of} run, where it is a service of its own`, 2, { min: 1, max: MOST_COPIES })
}

function whole(about: string, fallback: number, { min = 0, max = 1_000_000 } = {}): Whole {
  return { kind: 'whole', about, fallback, min, max }
}
