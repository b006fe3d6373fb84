import type { Keeper } from './keeper.ts'

/** What the keeper knows, in the text format of Prometheus. A member's name tells of which group it is. */
export function metricsText(keepers: ReadonlyMap<string, Keeper>): string {
  const ofGroups = (value: (keeper: Keeper) => number) =>
    [...keepers].map(([name, keeper]): Sample => [`{group="${name}"}`, value(keeper)])
  const ofMembers = (value: (name: string, keeper: Keeper) => number) =>
    [...keepers.values()].flatMap((keeper) => keeper.members.map(({ name }) => sample(name, value(name, keeper))))
  const ofReplicas = (value: (replica: Replica) => number) =>
    [...keepers.values()].flatMap(({ board }) => board.roles.replicas.map((replica) => sample(replica.name, value(replica))))
  return [
    metric(
      'epoch',
      'gauge',
      'Promotions since the group was made.',
      ofGroups(({ board }) => board.roles.epoch),
    ),
    metric(
      'promotions_total',
      'counter',
      'Promotions since the keeper was started.',
      ofGroups(({ promotions }) => promotions),
    ),
    metric(
      'primary',
      'gauge',
      'Whether this member takes the writes.',
      ofMembers((name, { board }) => Number(name === board.roles.primary)),
    ),
    metric(
      'member_up',
      'gauge',
      'Whether this member answers.',
      ofMembers((name, { members }) => Number(members.find((member) => member.name === name)?.reachable)),
    ),
    metric(
      'replica_lag_seconds',
      'gauge',
      'For how long the primary has had something that this one has not.',
      ofReplicas(({ lagMs }) => lagMs / 1_000),
    ),
    metric(
      'replica_serving',
      'gauge',
      'Whether reads may be sent to this replica.',
      ofReplicas(({ serving }) => Number(serving)),
    ),
    metric(
      'rebuilds_total',
      'counter',
      'How often this member was emptied since the keeper was started, as it differed from the primary.',
      ofMembers((name, keeper) => keeper.rebuildsOf(name)),
    ),
    metric(
      'semi_sync_followers',
      'gauge',
      'Replicas that are connected to the primary; with none, writes wait for an acknowledgement (semiSync=on).',
      ofGroups(followersOf),
    ),
  ].join('')
}

type Replica = Keeper['board']['roles']['replicas'][number]
type Sample = readonly [labels: string, value: number]

function sample(member: string, value: number): Sample {
  return [`{member="${member}"}`, value]
}

function metric(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): string {
  const full = `outgrow_keeper_${name}`
  const lines = samples.map(([labels, value]) => `${full}${labels} ${value}\n`)
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join('')}`
}

function followersOf({ members, board }: Keeper): number {
  const port = members.find(({ name }) => name === board.roles.primary)?.port
  return members.filter(({ reachable, seen }) => reachable && seen?.copying?.sourcePort === port && seen?.copying?.connected)
    .length
}
