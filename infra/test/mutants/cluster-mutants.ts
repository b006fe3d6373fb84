/** Redis Clusters: servers that are believed though another knows better, and keys that are lost on their way. */
import { mutantsOf } from './mutant.ts'

const LOG_OUTS = 'apps/users/cluster-log-outs.test.ts'
const MOVES = 'infra/redis/move-slots.test.ts'
const CLUSTER = 'apps/platform/redis/cluster.test.ts'

const trust = [
  ...mutantsOf('apps/users/revocations.ts', LOG_OUTS, [
    [
      "if (!connectionFor(from)?.synced && to.status === 'ready') opened(to)",
      '',
      'log-ins that a server has back though they were ended are believed where they are moved to',
    ],
    [
      'const connection = { synced: false }',
      'const connection = { synced: true }',
      'a replica that is promoted without the last log-outs is believed',
    ],
  ]),
  ...mutantsOf('apps/platform/cache/lease.ts', 'apps/platform/cache/cluster-outages.test.ts', [
    [
      "redis.on('moved', (to, from) => stateOf(to)?.inherit(stateOf(from)))",
      '',
      'pages of a server that missed a change are believed where they are moved to',
    ],
  ]),
]

const ways = [
  ...mutantsOf('apps/platform/redis/cluster.ts', MOVES, [
    ["if (kind === 'ask') server.ask('asking', []).catch(() => {})", '', 'a key that is on its way is answered by nobody'],
  ]),
  ...mutantsOf('apps/platform/redis/cluster-servers.ts', CLUSTER, [
    [
      'this.#endLooking = inStep(LOOK_EVERY_MS, () => this.look())',
      'this.#endLooking = () => {}',
      'a server that hangs is listened to when it wakes up, after another has taken its place',
    ],
  ]),
  ...mutantsOf('infra/redis/move-slots.ts', MOVES, [
    ['for (const one of open) await moveSlot(one, connections, login)', '', 'a slot that was left half-way stays so'],
    [
      'const isOpen = new Set(',
      'const isOpen = new Set<number>()',
      'the slot at which a move was cut off is taken a second time, and the next call fails',
    ],
  ]),
  ...mutantsOf('infra/redis/config.ts', CLUSTER, [
    [
      "'cluster-require-full-coverage no',",
      "'cluster-require-full-coverage yes',",
      'one shard that is gone takes all others with it',
    ],
  ]),
]

export const CLUSTER_MUTANTS = [...trust, ...ways]
