/** Buckets: what would have two servers own one, or a server do what is another's to do. */
import { mutantsOf } from './mutant.ts'

const folder = 'apps/platform/stores'
const of = (name: string, test: string, faults: Parameters<typeof mutantsOf>[2]) =>
  mutantsOf(`${folder}/${name}.ts`, `${folder}/${test}.test.ts`, faults)

export const BUCKET_MUTANTS = [
  ...of('owners', 'owners', [
    [
      'const [server, ...others] = new Set((own.length > 0 ? own : newest)',
      'const [server, ...others] = new Set(newest.map((one) => one.server))',
      'hearsay counts as much as the word of the owner itself',
    ],
    ['if (others.length > 0) return', '', 'of two that contradict each other one is believed'],
    [
      'if (!before || epoch > before.epoch ||',
      'if (!before || (epoch === before.epoch && server === before.server)) return { server, epoch }',
      'a bucket that has moved is looked for where it was',
    ],
    [
      "const OWNS: ReadonlySet<BucketState> = new Set(['owner', 'fenced'])",
      "const OWNS: ReadonlySet<BucketState> = new Set(['owner', 'fenced', 'copying'])",
      'a server owns what only comes to it',
    ],
  ]),
  ...of('signs', 'signs', [
    [
      'return owned === claims.length ? new Set(having) : undefined',
      'return new Set(having)',
      'a sweeper looks for what a bucket has left behind, and not where the bucket is',
    ],
  ]),
  ...of('queries', 'bucketed-store', [
    ['const WRITABLE =', "const WRITABLE = 'TRUE'", 'a server takes writes to a bucket that has moved'],
    ['const READABLE =', "const READABLE = 'TRUE'", 'a server shows what it has left of a bucket that has moved'],
    ['const HELD =', "const HELD = ''", 'a bucket may move while a transaction writes to it'],
  ]),
  ...of('guarded-query', 'bucketed-store', [
    ["if (begins) await sent(connection, 'rollback', [])", '', 'what failed leaves a transaction open'],
  ]),
  ...mutantsOf('apps/platform/mysql/silence.ts', `${folder}/silent-server.test.ts`, [
    ['const QUIET_MS =', 'const QUIET_MS = 30_000', 'who waits for a server that hangs waits to the end'],
    ['await Promise.race([', 'await pause(ANSWER_MS)', 'who waits for a lock is taken for a server that hangs'],
    ['silent = true', '', 'everybody waits anew for a server that hangs'],
  ]),
  ...of('gathered-reads', 'bucketed-store', [
    [
      'if (wasRefused(error)) for (const { alone } of reads) alone()',
      'if (!error) return',
      'a bucket that has moved fails what asks all',
    ],
  ]),
  ...of('shards', 'shards', [
    ['for (const [name, servers] of now) if (!isSame(', '', 'a server that was added is never found'],
    ['for (const name of [...hosts.keys()]) if (!now.has(name))', '', 'a server that was taken away is asked for ever'],
  ]),
  ...of('make-buckets', 'shards', [['await known(places, schema)', '', 'a server is forgotten that others speak of']]),
  ...of('owned-pool', 'shards', [
    [
      'if (isRefused(error) && !goneFrom) await heard',
      '',
      'who has not heard that a bucket left a server is refused when that ends',
    ],
  ]),
]
