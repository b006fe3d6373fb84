import { groupOf, usersOf } from '../../local/launch/redis.ts'
import { nodesOf, replicationIn, usersOf as usersOfNode } from '../../local/launch/redis-node.ts'
import { clusterRecords, nodeId } from '../../redis/cluster-record.ts'
import { NODES_FILE, redisConfig } from '../../redis/config.ts'
import { addressOf, listenAddress } from '../../stage/address.ts'
import type { RedisProgram } from '../../stage/redis-programs.ts'
import { DATA, STAGE } from '../places.ts'
import type { ComposeContext, ProgramFiles } from '../program-files.ts'
import { becoming, quoted, script } from './script.ts'

const CONFIG = `${DATA}/redis.conf`
const NODES = `${DATA}/${NODES_FILE}`

export function redisFiles(program: RedisProgram, context: ComposeContext): ProgramFiles {
  return program.cluster ? nodeFiles(program, context) : serverFiles(program, context)
}

/** One of a group is at each start what it was last, primary or replica; if somebody else became primary meanwhile, the Sentinels tell it. */
function serverFiles(program: RedisProgram, context: ComposeContext): ProgramFiles {
  const { plan, secrets } = context
  const first = plan.programs.find((other) => other.kind === 'redis' && other.group === program.group)?.name ?? program.name
  const config = {
    ...placeIn(program, context),
    users: usersOf(program, plan, secrets),
    ...groupOf(program, first, plan, secrets),
  }
  return {
    'redis.conf': redisConfig(config),
    start: script(
      'Takes the configuration as it was laid out, but for whom it follows: that it was told last.',
      `told=${STAGE}/${program.name}/redis.conf`,
      `if [ -f ${CONFIG} ]; then`,
      `  { grep -v '^replicaof ' $told; grep '^replicaof ' ${CONFIG} || true; } > ${CONFIG}.new`,
      'else',
      `  cp $told ${CONFIG}.new`,
      'fi',
      `mv ${CONFIG}.new ${CONFIG}`,
      ...BECOME_SERVER,
    ),
    health: script('Does it answer, and has it a copy of the data?', ...labLogin(context), ...hasData(program.port)),
  }
}

function nodeFiles(program: RedisProgram, context: ComposeContext): ProgramFiles {
  const { plan, secrets } = context
  const nodes = nodesOf(plan, program.group).map((node) => ({ ...node, hostName: addressOf(plan, node.name) }))
  const cluster = program.cluster && { cluster: { busPort: program.cluster.busPort } }
  const config = {
    ...placeIn(program, context),
    users: usersOfNode(program, plan, secrets),
    ...cluster,
    ...replicationIn(nodes, secrets),
  }
  const peers = nodes.map(({ name, hostName }) => `${nodeId(secrets.clusterSeed, name)} ${hostName}\n`)
  return {
    'redis.conf': redisConfig(config),
    [NODES_FILE]: clusterRecords(nodes, secrets.clusterSeed, new Map()).get(program.name) ?? '',
    peers: peers.join(''),
    start: script(
      'Writes into what it knows of the others the addresses that they have today: nodes speak to each other by address, not by name.',
      '# Of one that has none yet it will hear: whoever starts later knows where this one is.',
      `told=${STAGE}/${program.name}`,
      `cp $told/redis.conf ${CONFIG}`,
      `[ -f ${NODES} ] || cp $told/${NODES_FILE} ${NODES}`,
      'while read -r id name; do',
      '  address=$(getent hosts "$name" | head -n 1 | cut -d " " -f 1)',
      `  if [ -n "$address" ]; then sed -i -E "s/^($id )[^ :]*:/\\1$address:/" ${NODES}; fi`,
      'done < $told/peers',
      ...BECOME_SERVER,
    ),
    health: script(
      'Does it reach a majority of the masters, and has it a copy of the data?',
      ...labLogin(context),
      `${ask(program.port)} CLUSTER INFO | grep -q '^cluster_state:ok'`,
      ...hasData(program.port),
    ),
  }
}

const BECOME_SERVER = becoming({ path: 'redis-server', args: [CONFIG], env: {} })

function placeIn({ name, role, port }: RedisProgram, { plan }: ComposeContext) {
  return { role, port, listenOn: listenAddress(plan), hostName: addressOf(plan, name), folder: DATA }
}

/** How the health of a server, a Sentinel too, is asked. */
export function labLogin({ secrets }: ComposeContext): string[] {
  return [`export REDISCLI_AUTH=${quoted(secrets.labPassword)}`]
}

export function ask(port: number): string {
  return `redis-cli -p ${port} --user lab`
}

function hasData(port: number): string[] {
  return [
    `replication=$(${ask(port)} INFO replication)`,
    '[[ $replication == *role:master* || $replication == *master_link_status:up* ]]',
  ]
}
