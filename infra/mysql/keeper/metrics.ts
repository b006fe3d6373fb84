import type { Keeper } from './keeper.ts'

/** What the keeper knows, in the text format of Prometheus. */
export function metricsText(keeper: Keeper): string {
  const { board, members, promotions } = keeper
  const { epoch, primary, replicas } = board.roles
  const replicaOf = new Map(replicas.map((replica) => [replica.name, replica]))
  const eachReplica = (value: (name: string) => number) => [...replicaOf.keys()].map((name) => sample(name, value(name)))
  return [
    metric('epoch', 'gauge', 'Promotions since the group was made.', [['', epoch]]),
    metric('promotions_total', 'counter', 'Promotions since the keeper was started.', [['', promotions]]),
    metric(
      'primary',
      'gauge',
      'Whether this member takes the writes.',
      members.map(({ name }) => sample(name, Number(name === primary))),
    ),
    metric(
      'member_up',
      'gauge',
      'Whether this member answers.',
      members.map(({ name, reachable }) => sample(name, Number(reachable))),
    ),
    metric(
      'replica_lag_seconds',
      'gauge',
      'For how long the primary has had something that this one has not.',
      eachReplica((name) => (replicaOf.get(name)?.lagMs ?? 0) / 1_000),
    ),
    metric(
      'replica_serving',
      'gauge',
      'Whether reads are sent to this replica.',
      eachReplica((name) => Number(replicaOf.get(name)?.serving)),
    ),
    metric(
      'rebuilds_total',
      'counter',
      'How often this member was emptied since the keeper was started, as it differed from the primary.',
      members.map(({ name }) => sample(name, keeper.rebuildsOf(name))),
    ),
    metric(
      'semi_sync_followers',
      'gauge',
      'Replicas that are connected to the primary; with none, writes wait for an acknowledgement (semiSync=on).',
      [['', followersOf(members, primary)]],
    ),
  ].join('')
}

type Sample = readonly [labels: string, value: number]

function sample(member: string, value: number): Sample {
  return [`{member="${member}"}`, value]
}

function metric(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): string {
  const full = `outgrow_keeper_${name}`
  const lines = samples.map(([labels, value]) => `${full}${labels} ${value}\n`)
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join('')}`
}

function followersOf(members: Keeper['members'], primary: string | null): number {
  const port = members.find(({ name }) => name === primary)?.port
  return members.filter(({ reachable, seen }) => reachable && seen?.copying?.sourcePort === port && seen?.copying?.connected)
    .length
}
