/** Services that take a stranger's word, ask one that is dead, or wait for ever. */
import { mutantsOf } from './mutant.ts'

const IDENTITY = 'apps/platform/calls/identity.test.ts'
const CALLERS = 'apps/platform/calls/callers.test.ts'
const SERVICE = 'apps/platform/calls/service.test.ts'
const GUARDED = 'apps/platform/calls/guarded.test.ts'
const MODULES = 'apps/shop/remote-modules.test.ts'
const GATEWAY = 'apps/gateway/gateway.test.ts'
const ATTACKS = 'apps/gateway/attacks.test.ts'

export const SERVICE_MUTANTS = [
  ...mutantsOf('apps/lab/contracts/schema.ts', 'apps/lab/contracts/schema.test.ts', [
    ['if (!mine) return', 'if (!mine) return []', 'a field that somebody reads may go'],
    ['if (offered.anyOf) return', '', 'an answer of another kind is taken for one that will do'],
  ]),
  ...mutantsOf('apps/lab/contracts/judge.ts', 'apps/lab/contracts/contracts.test.ts', [
    ['return [...read, ...sent]', 'return read', 'a body may be sent that nobody takes'],
    ['return [...asked, ...asking]', 'return asked', 'a service may ask for what another does not have'],
  ]),
  ...mutantsOf('apps/shop/table-changes.ts', 'apps/shop/table-changes.test.ts', [
    ['if (DONE_ALREADY.has(errno)) return true', '', 'a build can be started once'],
    ['const WAIT_S = 1', 'const WAIT_S = 60', 'all wait behind a change that waits'],
  ]),
  ...mutantsOf('infra/local/run/builds.ts', 'infra/local/run/builds.test.ts', [
    ['return [[name, builds[runs ? name', 'return [[name, builds[name]]]', 'a copy that comes is of the build that had its name'],
  ]),
  ...mutantsOf('infra/redis/rights.ts', 'apps/platform/redis/rights.test.ts', [
    ["session: ['users', 'gateway'],", "session: ['users', 'gateway', 'products'],", 'who took products over is anybody'],
    [
      "gateway: [...LOG_IN, 'get', 'set', 'del'],",
      "gateway: [...LOG_IN, 'get', 'set', 'del', 'eval'],",
      'a gateway runs scripts where sessions are',
    ],
    ["code: ['users'],", 'code: [],', 'a key is nobody’s'],
  ]),
  ...mutantsOf('infra/local/state/secrets.ts', 'infra/local/state/secrets.test.ts', [
    ['return passwordOf(databasesKey, store)', "return passwordOf(databasesKey, '')", 'one password opens all databases'],
    ['return passwordOf(redisKey,', 'return passwordOf(redisKey, group)', 'a service logs in as another'],
  ]),
  ...mutantsOf('infra/local/run/callers.ts', 'infra/local/run/callers.test.ts', [
    ['await untilCallersKnow(rest, news)', '', 'a copy is ended while others ask it'],
  ]),
  ...mutantsOf('apps/platform/http/idle.ts', 'apps/platform/http/idle.test.ts', [
    ['await readWhatCame()', '', 'an app that ends closes a connection to which somebody has just written'],
  ]),
  ...mutantsOf('apps/lab/deploy/packages.ts', 'apps/lab/deploy/build.test.ts', [
    [
      'if (entry.isDirectory() && holdsPackages(',
      "if (entry.isDirectory() && entry.name === '.bin') await linkPackages(source, target)",
      'an installation in another checkout takes our packages away',
    ],
  ]),
  ...mutantsOf('apps/platform/calls/identity.ts', IDENTITY, [
    [
      'const about = { ...common, audience: audienceOf(service, purpose), maxTokenAge: TOKEN_LASTS_S }',
      'const about = { ...common, maxTokenAge: TOKEN_LASTS_S }',
      'a token for one service opens another',
    ],
    [
      "if (callerIn(protectedHeader.kid) !== iss) throw new Error('it is signed with the key of another caller')",
      '',
      'who may call may say that it is somebody else',
    ],
    [
      "const common = { algorithms: [ALGORITHM], issuer, requiredClaims: ['exp', 'iat'], clockTolerance: TOLERANCE_S }",
      "const common = { issuer, requiredClaims: ['exp', 'iat'], clockTolerance: TOLERANCE_S }",
      'the sender picks the algorithm',
    ],
    ['const KEY_LASTS_S = 600', 'const KEY_LASTS_S = 6_000_000', 'one key signs for ever'],
  ]),
  ...mutantsOf('apps/platform/calls/service.ts', SERVICE, [
    [
      'copies = now.map((place) => known.get(place.name) ?? new Copy(place, patience))',
      'copies = now.flatMap((place) => known.get(place.name) ?? [])',
      'a copy that has come is never asked',
    ],
    ['if (copies.includes(copy)) continue', 'continue', 'a copy that leaves is not known to leave'],
  ]),
  ...mutantsOf('apps/platform/calls/copy.ts', SERVICE, [
    ['if (this.#underWay.size > 0) await promise', '', 'a copy that leaves is cut off from what it works on'],
  ]),
  ...mutantsOf('apps/platform/calls/callers.ts', CALLERS, [
    [
      "if (!frontDoors.has(identity.caller)) throw new ShopError('UNSIGNED')",
      '',
      'a service may say who a visitor is, though it has none',
    ],
    [
      'if (url.startsWith(INTERNAL)) identify(request, await callOf(request, verify))',
      'if (url.startsWith(INTERNAL)) return',
      'what is for other processes is open to everybody',
    ],
  ]),
  ...mutantsOf('apps/platform/calls/copy.ts', SERVICE, [
    ['else void this.#suspect()', '', 'a copy that hangs keeps what it has'],
    [
      'if (this.#isSilent && now - control.sentAt',
      'if (now < 0) letGo()',
      'who asks a service of which all copies hang waits to the end',
    ],
    [
      "else if (word === 'declines') this.#rest()",
      'else if (word !== "takes") this.#lose()',
      'a copy that leaves is cut off from what is slow',
    ],
    [
      'return isCutOff(error) ||',
      "return isCutOff(error) ? 'declines' : 'silent'",
      'a copy that has closed its port is cut off from what it works on',
    ],
    [
      'return isCutOff(error) || codeOf(error)',
      "return codeOf(error) === REFUSED ? 'declines' : 'silent'",
      'a copy that closes what rests is cut off from what it works on',
    ],
    [
      'if (wasNotSent(error)) this.#rest()',
      'if (wasNotSent(error)) this.#isClosed = true',
      'a dead copy is asked again and again',
    ],
    ["if (answer.headers.connection === 'close') this.#rest()", '', 'a copy that is about to end gets more'],
  ]),
  ...mutantsOf('apps/platform/calls/service.ts', SERVICE, [
    ['if (!wasNotSent(error)) throw unavailable(name, error)', '', 'what one copy may have done another does too'],
    ["signal?.addEventListener('abort', leave, { once: true })", '', 'a copy works on for a client that has hung up'],
    [
      'return leastBusy(up.length > 0 ? up : others, turn)',
      'return leastBusy(up.length > 0 ? up : others, 0)',
      'one copy of several gets all that comes one after the other',
    ],
  ]),
  ...mutantsOf('apps/platform/http/deadline.ts', 'apps/platform/calls/remote.test.ts', [
    ['const waiting = {', 'const waiting = { endsAt }', 'services work on for a client that has hung up'],
    [
      'return performance.now() >= endsAt ||',
      'return performance.now() >= endsAt || (answer === undefined && endsAt < 0)',
      'something is changed for who has hung up',
    ],
  ]),
  ...mutantsOf('apps/platform/http/deadline.ts', 'apps/platform/http/deadline.test.ts', [
    ['return waiting?.answer ? waits.run(', 'return work()', 'a card is charged, and its order is left as it was'],
  ]),
  ...mutantsOf('apps/platform/cache/single-flight.ts', 'apps/platform/cache/single-flight.test.ts', [
    [
      'const flight = withoutDeadline(work).finally(',
      'const flight = work().finally(() => flights.delete(key))',
      'one who hangs up fails all who wait for the same page',
    ],
  ]),
  ...mutantsOf('apps/platform/calls/remembered-tokens.ts', 'apps/platform/calls/remembered-tokens.test.ts', [
    ['const key = `', 'const key = token', 'a token for visits opens calls too, once it was seen'],
    [
      'if (known && now >= known.from && now < known.until)',
      'if (known) return known.identity',
      'a token that was seen lasts for ever',
    ],
    ['const key = JSON.stringify(visitor)', "const key = ''", 'a visitor gets the token of another'],
  ]),
  ...mutantsOf('apps/platform/calls/guarded.ts', GUARDED, [
    ['if (isWaiting) waiting -= 1', '', 'who has given up keeps others from waiting'],
    [
      'return error instanceof NoPlace || !service.isUp() ? new Failed() : error',
      'return error',
      'who is dead is asked for ever',
    ],
    ['lates.add(judged)', '', 'who answers late is asked for ever'],
    ['nobodyWaits.addEventListener(', '', 'who waits for a place waits to the end'],
    ['const begin = AsyncLocalStorage.bind(() => {', 'const begin = (() => {', 'who waited for a place goes on as somebody else'],
    ['if (breaker.state === CircuitState.HalfOpen) return Promise.reject(notAsked(name))', '', 'all wait for one that tries'],
    ['if (signal?.aborted) return new Abandoned()', '', 'clients who hang up close a service for the others'],
  ]),
  ...mutantsOf('apps/orders/client.ts', MODULES, [
    ["await call('POST', PATHS.releasePayment, { userId, id, paymentId })", '', 'a declined card leaves its order claimed'],
  ]),
  ...mutantsOf('apps/users/client.ts', MODULES, [
    [
      'all: (tell) => pageByPage((after) => page(after, REVOCATIONS_A_PAGE), tell),',
      'all: async (tell) => tell(await page(Buffer.alloc(0), REVOCATIONS_A_PAGE)),',
      'the gateway hears of the first thousand log-outs alone',
    ],
  ]),
  ...mutantsOf('apps/gateway/gateway.ts', GATEWAY, [
    ['else closeToClients(app, proxyKey)', '', 'with explain=off everybody is told of hosts and queries'],
  ]),
  ...mutantsOf('apps/shop/app.ts', 'apps/shop/app.test.ts', [
    [
      'return isFromProxy(request, proxyKey) ||',
      'return isFromProxy(request, proxyKey)',
      'a service that was stopped carries out what the gateway has given up',
    ],
  ]),
  ...mutantsOf('apps/gateway/pass-on.ts', GATEWAY, [
    [
      "const READ_BY_SERVICES = ['content-type', 'accept', 'idempotency-key', 'x-explain', 'last-event-id']",
      "const READ_BY_SERVICES = ['content-type', 'accept', 'idempotency-key', 'x-explain', 'last-event-id', 'x-user-id']",
      'what a client says of itself reaches a service',
    ],
    [
      'if (!SAFE_METHODS.has(method) || !isWorthARetry(error) || !service.isUp() || !budget.spend()) throw error',
      'if (!isWorthARetry(error) || !budget.spend()) throw error',
      'what may have been done is sent again',
    ],
    [
      'const token = keepsCookie ? sessionToken(request) : undefined',
      'const token = sessionToken(request)',
      'each service sees the cookie',
    ],
  ]),
  ...mutantsOf('apps/platform/calls/retry-budget.ts', GATEWAY, [['saved -= 1', '', 'retries have no budget']]),
  ...mutantsOf('apps/gateway/paths.ts', ATTACKS, [
    ['if (!WRITTEN_STREAM.test(', '', 'a stream takes a place of other requests at the edge'],
    ['return encodeURIComponent(part)', 'return part', 'a path is one thing to the gateway and another to a service'],
    ["if (UPWARD.test(part)) throw new ShopError('BAD_REQUEST', 'the path is not valid')", '', 'a part of a path leads upward'],
  ]),
]
