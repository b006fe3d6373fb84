/** The cache, and the log-ins that Redis keeps: what would show old pages, or let in who has logged out. */
import { mutantsOf } from './mutant.ts'

const CACHE = 'apps/platform/cache/cache.test.ts'
const HOT_KEYS = 'apps/platform/cache/hot-keys.test.ts'
const LOCK = 'apps/platform/cache/lock.test.ts'
const REDIS_SESSIONS = 'apps/users/redis-sessions.test.ts'
const REVOCATIONS = 'apps/users/revocations.test.ts'

const pages = [
  ...mutantsOf('apps/platform/cache/lookup.ts', CACHE, [
    [
      'return version !== undefined &&',
      "return version !== undefined ? { result: 'hit', entry, version } : { result: 'stale', version }",
      'a page of an old version is shown',
    ],
  ]),
  ...mutantsOf('apps/platform/cache/lookup.ts', 'apps/platform/cache/outages.test.ts', [
    [
      'const isBelieved = entry.version === version && entry.filledAt >= believedFrom',
      'const isBelieved = entry.version === version',
      'a page that was filled before the lease is shown, though a change of the time between was missed',
    ],
  ]),
  ...mutantsOf('apps/platform/cache/lock.ts', LOCK, [
    [
      "return (await redis.set(key, owner, 'PX', lifetimeMs, 'NX')) === 'OK' ? owner : undefined",
      "return (await redis.set(key, owner, 'PX', lifetimeMs)) === 'OK' ? owner : undefined",
      'everybody gets the lock',
    ],
    [
      "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end",
      "if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('DEL', KEYS[1]) end",
      'who comes back late releases the lock of the next owner',
    ],
  ]),
  ...mutantsOf('apps/platform/cache/in-doubt.ts', 'apps/platform/cache/in-doubt.test.ts', [
    [
      'const isDecided = (change: InDoubtChange, addedAt: number) => change.place === place && addedAt < beganAt',
      'const isDecided = (change: InDoubtChange, _addedAt: number) => change.place === place',
      'a change that may still be committed is taken for decided',
    ],
    [
      'const decided = [...since].filter((one) => isDecided(...one))',
      'const decided = [...since].filter(([, addedAt]) => addedAt < beganAt).map(([change]) => change)',
      'a commit elsewhere is taken for word of a change in doubt',
    ],
  ]),
  ...mutantsOf('apps/platform/cache/entry.ts', 'apps/platform/cache/entry.test.ts', [
    ['if (crc32(bytes.subarray(at)) !== checksum) return undefined', '', 'a page that was cut in half is shown'],
  ]),
  ...mutantsOf('apps/platform/cache/versions.ts', 'apps/platform/cache/faults.test.ts', [
    ["redis.call('SET', KEYS[1], suspended, 'PX'", '', 'pages that are read before a commit are kept after it'],
  ]),
  ...mutantsOf('apps/platform/cache/versions.ts', HOT_KEYS, [
    ["if mark ~= '' then copiedUntil = tonumber(mark or 0) end", 'copiedUntil = 0', 'nobody waits for copies of what was marked'],
    ['if copied == 1 then fresh = fresh', '', 'who changes something while another waits does not wait for the same copies'],
    [
      "if type(found) ~= 'string' or string.match(",
      'if true then return end',
      'nothing is ever marked, so nothing that is hot is kept',
    ],
  ]),
  ...mutantsOf('apps/platform/cache/invalidation.ts', HOT_KEYS, [
    ['if (copies && !isOwned && copied !== false) await endOfCopies()', '', 'an app shows an old price after it was changed'],
    [
      'if (copies && !isOwned && copied.includes(true)) await endOfCopies()',
      '',
      'a buyer is shown the stock of before the order',
    ],
  ]),
  ...mutantsOf('apps/platform/cache/hot-keys.ts', HOT_KEYS, [
    [
      "if (found.result !== 'hit' || !found.isMarked) return false",
      "if (found.result !== 'hit') return false",
      'an app keeps a copy that nobody knows of who changes it',
    ],
    ['const isBelieved = lease.isHeld(version) &&', 'const isBelieved = true', 'a copy outlives the trust in its Redis'],
    ['return copies.size < MOST_COPIES', 'return true', 'an app keeps copies without end'],
  ]),
  ...mutantsOf('apps/platform/cache/cache.ts', HOT_KEYS, [
    [
      "return cached.owned ? { cache: 'redis', found: await look(cached) }",
      'return hotKeys.look(cached)',
      'a cart that is looked at often is shown as it was',
    ],
  ]),
]

const logIns = [
  ...mutantsOf('apps/users/redis-sessions.ts', REDIS_SESSIONS, [
    [
      "await redis.set(sessionKey(tokenHash), value, 'PX', idleMs, 'XX').catch(() => undefined)",
      "await redis.set(sessionKey(tokenHash), value, 'PX', idleMs).catch(() => undefined)",
      'a session that is prolonged while it is ended goes on',
    ],
  ]),
  ...mutantsOf('apps/users/redis-sessions.ts', REVOCATIONS, [
    [
      'await revocations.write([{ tokenHash, endsAt: new Date(session.endsAt) }])',
      '',
      'a log-out is forgotten when Redis comes back with an old state',
    ],
  ]),
  ...mutantsOf('apps/users/revocations.ts', REVOCATIONS, [
    ['connection.synced = true', 'connection.synced = false', 'each request asks the database as well, for ever'],
    ["server.on('close', () => lost(server))", '', 'a Redis that comes back with old log-ins is believed'],
  ]),
]

export const CACHE_MUTANTS = [...pages, ...logIns]
