/** What the nodes of a Cluster know of each other before they start: each reads it from a file, and nobody has to introduce them. */
import { createHash } from 'node:crypto'
import { LOOPBACK } from '../stage/address.ts'

export const SLOTS = 16_384

export type ClusterNode = {
  readonly name: string
  readonly port: number
  readonly busPort: number
  /** The name by which clients find it, where its address is not theirs to know. */
  readonly hostName?: string
  /** Counts from 1. The first of a shard's nodes is its master before anything has happened. */
  readonly shard: number
}

/**
 * The files of all nodes, by their names, with the ports that they have today. A node that has run before keeps what it knows: who took
 * over and which slots were moved. One whose file is lost learns it from another's, and none that has run loses its place.
 * `seed` tells this Cluster from any other that had the same ports: nodes that do not know each other's ids do not listen to each other.
 */
export function clusterRecords(
  nodes: readonly ClusterNode[],
  seed: string,
  known: ReadonlyMap<string, string>,
): Map<string, string> {
  const newest = [...known.values()].toSorted((one, other) => epochOf(other) - epochOf(one))[0] ?? firstRecord(nodes, seed)
  const records = nodes.map((node) => {
    const own = known.get(node.name) ?? asSeenBy(nodeId(seed, node.name), newest)
    return [node.name, withPorts(own, nodes, seed)] as const
  })
  return new Map(records)
}

/** In hexadecimal, as Redis has them. */
export function nodeId(seed: string, name: string): string {
  return createHash('sha1').update(`${seed} ${name}`).digest('hex')
}

/** Equal parts, in the order of the shards. */
export function slotsOfShard(shard: number, shards: number): [first: number, last: number] {
  const bound = (number: number) => Math.ceil((number * SLOTS) / shards)
  return [bound(shard - 1), bound(shard) - 1]
}

function firstRecord(nodes: readonly ClusterNode[], seed: string): string {
  const masters = mastersOf(nodes)
  const lines = nodes.map((node) => {
    const master = masters.find(({ shard }) => shard === node.shard) ?? node
    const [role, slots] =
      master === node
        ? ['master -', ` ${slotsOfShard(node.shard, masters.length).join('-')}`]
        : [`slave ${nodeId(seed, master.name)}`, '']
    const name = node.hostName === undefined ? '' : `,${node.hostName}`
    return `${nodeId(seed, node.name)} ${addressOf(node)}${name} ${role} 0 0 ${node.shard} connected${slots}`
  })
  return [...lines, `vars currentEpoch ${masters.length} lastVoteEpoch 0`, ''].join('\n')
}

/** The first node of each shard. */
function mastersOf(nodes: readonly ClusterNode[]): ClusterNode[] {
  return [...Map.groupBy(nodes, ({ shard }) => shard).values()].flatMap(([first]) => first ?? [])
}

function addressOf({ port, busPort }: ClusterNode): string {
  return `${LOOPBACK}:${port}@${busPort}`
}

function epochOf(record: string): number {
  return Number(/^vars currentEpoch (\d+)/m.exec(record)?.[1] ?? 0)
}

/** The same as the file of that node: it says which of the lines is about itself. */
function asSeenBy(id: string, record: string): string {
  const lines = record.split('\n').map((line) => {
    const [whose, address, flags = '', ...rest] = line.split(' ')
    if (whose === 'vars' || line === '') return line
    const others = flags.split(',').filter((flag) => flag !== 'myself')
    return [whose, address, (whose === id ? ['myself', ...others] : others).join(','), ...rest].join(' ')
  })
  return lines.join('\n')
}

/** What newer versions write behind the address stays. */
function withPorts(record: string, nodes: readonly ClusterNode[], seed: string): string {
  const addresses = new Map(nodes.map((node) => [nodeId(seed, node.name), addressOf(node)]))
  const lines = record.split('\n').map((line) => {
    const address = addresses.get(line.split(' ', 1)[0] ?? '')
    return address ? line.replace(/^(\S+ )[^\s,]+/, `$1${address}`) : line
  })
  return lines.join('\n')
}
