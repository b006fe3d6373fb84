/** The keeper: what would lose an acknowledged write, or let two take writes. */
import { mutantsOf } from './mutant.ts'

const folder = 'infra/mysql/keeper'
const of = (name: string, faults: Parameters<typeof mutantsOf>[2]) =>
  mutantsOf(`${folder}/${name}.ts`, `${folder}/${name}.test.ts`, faults)

export const KEEPER_MUTANTS = [
  ...of('election', [
    [
      'if (there.length === 0 || (absent.length > 0 && waitedMs < WAIT_FOR_ALL_MS))',
      'if (there.length === 0)',
      'at a start the first that is there is taken, though it may lack what another has',
    ],
    [
      'if (semiSync && absent.length > 0) return',
      '',
      'one is promoted while another holds the only copy of an acknowledged write',
    ],
    ['if (semiSync && doubt) return', '', 'one is promoted although an acknowledged write may be lost'],
    [
      'const eligible = (sound.length > 0 ? sound : voters).map(({ name }) => name)',
      'const eligible = voters.map(({ name }) => name)',
      'a replica that somebody changed is promoted over a sound one',
    ],
    ['if (last !== undefined && !failover) {', 'if (last === undefined && !failover) {', 'the setting failover=off is ignored'],
  ]),
  ...of('followers', [
    [
      'this.#names.has(name) && reachable && received >= needs && !isBeingTold(name)',
      'this.#names.has(name) && reachable && !isBeingTold(name)',
      'a follower vouches for what it has not',
    ],
    [
      'if (this.#names.delete(name)) this.#doubt = { since: performance.now() }',
      'this.#names.delete(name)',
      'a follower that was lost leaves no doubt',
    ],
    [
      'if (doubt.needs === undefined && seen.askedAt > doubt.since + UNREAD_MS) doubt.needs = seen.executed.transactions',
      'if (doubt.needs === undefined) doubt.needs = seen.executed.transactions',
      'what the primary said before the loss counts',
    ],
  ]),
  ...of('promotion', [
    ['other.received - one.received ||', '', 'the one that has received less is promoted'],
    ['faults(one) - faults(other) ||', '', 'one that cannot carry out what it received is promoted'],
  ]),
  ...of('lag', [
    [
      'const missing = this.#entries.findIndex((entry) => entry.transactions > transactions)',
      'const missing = this.#entries.findIndex((entry) => entry.transactions >= transactions)',
      'a replica that has everything is said to lag',
    ],
    ['if (this.#entries.length > MOST_ENTRIES) this.#entries.shift()', '', 'the memory of positions grows for ever'],
  ]),
  ...of('pace', [
    [
      'if (!this.#stopped && this.#dueAt - performance.now() > PERIOD_MS) this.#stepIn(PERIOD_MS)',
      '',
      'who is lost in a calm is looked for only when it would have ended',
    ],
  ]),
  ...of('roles', [
    [
      'const same = essence(before) === essence(now)',
      'const same = before.primary === now.primary',
      'apps do not hear that a replica is out',
    ],
  ]),
  ...of('gtid-set', [
    [
      'const before: Range[] = first < from ? [[first, Math.min(last, from - 1)]] : []',
      'const before: Range[] = []',
      'transactions that a member has from nobody are overlooked',
    ],
  ]),
]
