/** What a node of a Cluster says of itself and the others, as it stands in CLUSTER NODES. */
import type { Redis } from 'ioredis'

export type NodeLine = {
  readonly id: string
  readonly host: string
  readonly port: number
  /** It is the one that was asked. */
  readonly isMyself: boolean
  readonly isMaster: boolean
  /** The one that was asked cannot reach it, or the majority has found so. */
  readonly isSilent: boolean
  /** Of a replica, its master's id. */
  readonly masterId: string
  /** The higher, the later it was given its slots: of two that claim a slot the higher counts. */
  readonly epoch: number
  /** First and last of each range. */
  readonly slots: readonly (readonly [first: number, last: number])[]
  /** Slots on their way from here to another node, or from another to here. */
  readonly moving: readonly { readonly slot: number; readonly isLeaving: boolean; readonly otherId: string }[]
}

export function parseNodes(text: string): NodeLine[] {
  return text.split('\n').flatMap((line) => {
    const [id = '', address = '', flagText = '', masterId = '', , , epoch, , ...slots] = line.trim().split(' ')
    const [place = '', hostName] = address.split(',')
    const [, ip, port] = /^(.*):(\d+)(?:@|$)/.exec(place) ?? []
    if (ip === undefined) return []
    const flags = flagText.split(',')
    const isOneOf = (...wanted: string[]) => wanted.some((flag) => flags.includes(flag))
    return {
      id,
      // Where it announces its name, clients find it by that.
      host: hostName || ip,
      port: Number(port),
      isMyself: isOneOf('myself'),
      isMaster: isOneOf('master'),
      isSilent: isOneOf('fail', 'fail?'),
      masterId,
      epoch: Number(epoch),
      slots: slots.flatMap(rangeOf),
      moving: slots.flatMap(movingOf),
    }
  })
}

function rangeOf(text: string): (readonly [number, number])[] {
  if (text.startsWith('[')) return []
  const [first, last = first] = text.split('-').map(Number)
  return [[first ?? 0, last ?? 0]]
}

/** `[93-<-id]` comes from there, `[93->-id]` goes there. */
function movingOf(text: string): NodeLine['moving'] {
  const [, slot, arrow, otherId = ''] = /^\[(\d+)-([<>])-(\w+)\]$/.exec(text) ?? []
  return slot === undefined ? [] : [{ slot: Number(slot), isLeaving: arrow === '>', otherId }]
}

/** Throws why a node does not serve yet: no majority of the masters, or a replica without its copy. */
export async function requireNode(node: Redis): Promise<void> {
  const [cluster, replication] = await Promise.all([node.cluster('INFO'), node.info('replication')])
  if (!/^cluster_state:ok/m.test(String(cluster))) throw new Error('it does not reach a majority of the masters yet')
  if (/^role:slave/m.test(replication) && !/^master_link_status:up/m.test(replication))
    throw new Error('it has no copy of the data yet')
}
