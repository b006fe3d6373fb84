import type { GtidPosition } from './dialect.ts'

/** A member as it looks when there is no primary. */
export type Voter = {
  readonly name: string
  readonly reachable: boolean
  readonly executed: GtidPosition
  /** It has transactions that it has from nobody. */
  readonly strayed: boolean
}

export type Situation = {
  readonly members: readonly Voter[]
  /** Who took the writes last; undefined before the first time. */
  readonly last: string | undefined
  /** Who copied it, and so may hold the only copy of what it acknowledged. */
  readonly followers: ReadonlySet<string>
  /** A replica may have forgotten something that it had acknowledged. */
  readonly doubt: boolean
  /** For how long there has been no primary. */
  readonly waitedMs: number
  readonly failover: boolean
  readonly semiSync: boolean
  excess(one: GtidPosition, other: GtidPosition): string
}

/** Who may be promoted, the first of equals first; or why nobody may yet. */
export type Verdict = { readonly eligible: readonly string[] } | { readonly wait: string }

/** After this the group starts with those who are there. */
const WAIT_FOR_ALL_MS = 10_000

/** A choice that cannot lose a write which a client was told of; only with semi-sync off it may. */
export function elect(situation: Situation): Verdict {
  const { members, last, failover } = situation
  const there = members.filter(({ reachable }) => reachable)
  const returned = there.find(({ name }) => name === last)
  if (last !== undefined && !failover) {
    return returned ? { eligible: [returned.name] } : { wait: `for ${last}, as the setting failover is off` }
  }
  return last === undefined || returned ? electAmongAll(situation, there, returned) : electReplica(situation, there)
}

/** The last primary has all that it acknowledged; who has that and more of the same history comes before it. */
function electAmongAll({ members, waitedMs, excess }: Situation, there: readonly Voter[], last: Voter | undefined): Verdict {
  const absent = members.filter((member) => !there.includes(member)).map(({ name }) => name)
  if (there.length === 0 || (absent.length > 0 && waitedMs < WAIT_FOR_ALL_MS))
    return { wait: `for ${absent.join(' and ')} to start` }
  const eligible = last ? there.filter(({ strayed, executed }) => !strayed && excess(last.executed, executed) === '') : there
  const most = Math.max(...eligible.map(({ executed }) => executed.transactions))
  const ahead = eligible.filter(({ executed }) => executed.transactions === most)
  return { eligible: [last && ahead.includes(last) ? last.name : (ahead[0]?.name ?? '')] }
}

/** The last primary is gone. What it acknowledged, one of its followers has; if that has strayed, it may not be had from it. */
function electReplica({ last, followers, doubt, semiSync }: Situation, there: readonly Voter[]): Verdict {
  const voters = there.filter(({ name }) => followers.has(name))
  const [strayed] = voters.filter((voter) => voter.strayed)
  const sound = voters.filter((voter) => !voter.strayed)
  const eligible = (sound.length > 0 ? sound : voters).map(({ name }) => name)
  const absent = [...followers].filter((name) => !voters.some((voter) => voter.name === name))
  if (semiSync && absent.length > 0) return { wait: `for ${absent.join(' and ')}, which may hold what ${last} acknowledged` }
  if (semiSync && strayed)
    return { wait: `for ${last}, as ${strayed.name} has transactions of its own and may hold what ${last} acknowledged` }
  if (semiSync && doubt) return { wait: `for ${last}, as a replica started anew and may have lost what ${last} acknowledged` }
  return eligible.length > 0 ? { eligible } : { wait: `for ${last}, as there is no replica of it` }
}
