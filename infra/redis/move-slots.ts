/**
 * Moves slots of a Redis Cluster to another shard while it is used. Of a slot on its way the keys that are still there are answered by
 * its old master, and for the others that one sends whoever asks to the new (ASK); so each key is on one server at any time, and no
 * command fails. What a call left half-way when it ended, the next one takes up first.
 */
import type { Redis } from 'ioredis'
import type { Settings } from '../stage/settings.ts'
import { type NodeLine, parseNodes } from './cluster-node.ts'
import { askRedis } from './server.ts'

export type SlotMove = {
  /** Any node of the Cluster that answers. */
  readonly ports: readonly number[]
  /** Of a user who may do everything, on all nodes. */
  readonly login: { readonly user: string; readonly password: string; readonly timeoutMs: number }
  /** Port of a server of the shard that gets them: its master, or one of its replicas. */
  readonly toPort: number
  /** So many, taken from the others by what they have. */
  readonly slots: number
  /** `unfenced` sends the keys of all slots before anybody is told where they are. */
  readonly moves?: Settings['moves']
  /** After each slot. */
  onMoved?(progress: { readonly slot: number; readonly moved: number; readonly of: number; readonly keys: number }): void
}

export type SlotsMoved = { readonly slots: number; readonly keys: number }

/** Throws one line where it cannot be done, and has moved nothing then. */
export async function moveSlots({ ports, login, toPort, slots, moves, onMoved }: SlotMove): Promise<SlotsMoved> {
  const cluster: Cluster = { nodes: await nodesOf(ports, login) }
  const target = shardOf(toPort, cluster)
  requireAnswering(cluster)
  const open = openMoves(cluster)
  const chosen = chooseSlots(cluster, target, { count: slots, open })
  const masters = cluster.nodes.filter(({ isMaster, isSilent }) => isMaster && !isSilent)
  return withConnections(masters, login, async (connections) => {
    for (const one of open) await moveSlot(one, connections, login)
    let keys = moves === 'unfenced' ? await sendUnmarked(chosen, connections, login) : 0
    for (const [index, one] of chosen.entries()) {
      const own = await moveSlot(one, connections, login)
      keys += own
      onMoved?.({ slot: one.slot, moved: index + 1, of: chosen.length, keys: own })
    }
    return { slots: chosen.length, keys }
  })
}

type Cluster = { readonly nodes: readonly NodeLine[] }
type OneMove = { readonly slot: number; readonly from: NodeLine; readonly to: NodeLine }

/** Of itself each knows best, whom it follows and what it has: after a call that was cut off the others have not heard yet. */
async function nodesOf(ports: readonly number[], login: SlotMove['login']): Promise<NodeLine[]> {
  const asked = ports.map((port) =>
    askRedis({ port, ...login }, async (redis) => parseNodes(String(await redis.cluster('NODES')))),
  )
  const views = (await Promise.allSettled(asked)).flatMap((view) => (view.status === 'fulfilled' ? [view.value] : []))
  const [first = []] = views
  if (first.length === 0) throw new Error('no node of the Cluster answers')
  const own = new Map(views.flatMap((view) => view.filter(({ isMyself }) => isMyself)).map((line) => [line.id, line]))
  return first.map((node) => own.get(node.id) ?? { ...node, moving: [] })
}

function shardOf(port: number, { nodes }: Cluster): NodeLine {
  const named = nodes.find((node) => node.port === port)
  const master = named?.isMaster ? named : nodes.find(({ id }) => id === named?.masterId)
  if (!master) throw new Error(`no node of the Cluster is at port ${port}`)
  return master
}

/** A move needs every master: each has to hear of it. */
function requireAnswering({ nodes }: Cluster): void {
  const silent = nodes.find(({ isMaster, isSilent, slots }) => isMaster && isSilent && slots.length > 0)
  if (silent) throw new Error(`the master at port ${silent.port} does not answer, so no slots are moved`)
}

/** What an earlier call did not end: it goes where it was going. */
function openMoves({ nodes }: Cluster): OneMove[] {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  return nodes.flatMap((node) =>
    node.moving.flatMap(({ slot, isLeaving, otherId }) => {
      const other = byId.get(otherId)
      if (!other) return []
      const [from, to] = isLeaving ? [node, other] : [other, node]
      const isNamedTwice = !isLeaving && from.moving.some((move) => move.slot === slot && move.isLeaving)
      return isNamedTwice || !slotsOf(from).includes(slot) ? [] : [{ slot, from, to }]
    }),
  )
}

function slotsOf({ slots }: NodeLine): number[] {
  return slots.flatMap(([first, last]) => range(first, last))
}

/** Of each other master its share, from its highest slots down. Those on their way go first, wherever to. */
function chooseSlots({ nodes }: Cluster, to: NodeLine, { count, open }: { count: number; open: readonly OneMove[] }): OneMove[] {
  const isOpen = new Set(open.map(({ slot }) => slot))
  const givers = nodes
    .filter(({ isMaster, id }) => isMaster && id !== to.id)
    .map((from) => ({ from, slots: slotsOf(from).filter((slot) => !isOpen.has(slot)) }))
    .filter(({ slots }) => slots.length > 0)
    .toSorted((one, other) => other.slots.length - one.slots.length)
  const total = givers.reduce((sum, { slots }) => sum + slots.length, 0)
  if (!Number.isInteger(count) || count < 1 || count > total) {
    throw new Error(`${count} slots cannot be moved to port ${to.port}: the others have ${total}`)
  }
  const shares = givers.map(({ slots }) => Math.floor((count * slots.length) / total))
  const left = count - shares.reduce((sum, share) => sum + share, 0)
  return givers.flatMap(({ from, slots }, index) => {
    const share = (shares[index] ?? 0) + (index < left ? 1 : 0)
    return slots.slice(slots.length - share).map((slot) => ({ slot, from, to }))
  })
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

/** So many keys travel at once: both servers do nothing else meanwhile. */
const KEYS_AT_ONCE = 100
const TRAVEL_WITHIN_MS = 1_000

/** To each master, by its id. */
type Connections = ReadonlyMap<string, Redis>

function withConnections<Answer>(
  [first, ...rest]: readonly NodeLine[],
  login: SlotMove['login'],
  work: (connections: Connections) => Promise<Answer>,
  open: Connections = new Map(),
): Promise<Answer> {
  if (!first) return work(open)
  const next = (redis: Redis) => withConnections(rest, login, work, new Map(open).set(first.id, redis))
  return askRedis({ port: first.port, ...login }, next)
}

/** Answers how many keys it had. */
async function moveSlot({ slot, from, to }: OneMove, connections: Connections, login: SlotMove['login']): Promise<number> {
  const setSlot = ({ id }: Pick<NodeLine, 'id'>, ...how: string[]) =>
    connections.get(id)?.call('CLUSTER', 'SETSLOT', slot, ...how)
  const source = connections.get(from.id)
  if (!source) throw new Error(`the master at port ${from.port} does not answer`)
  // In this order: a client that is sent on has to be let in.
  const isGiven = await setSlot(to, 'IMPORTING', from.id)?.then(() => false, ifSaid('already the owner'))
  // Its old master may hear of that at any moment.
  await setSlot(from, 'MIGRATING', to.id)?.catch(isGiven ? ifSaid('not the owner') : unexpected)
  const keys = await sendKeys(source, slot, to, login)
  // The new master first: if all ends here it has the slot, with a higher epoch than the old one.
  const others = [...connections.keys()].filter((id) => id !== to.id && id !== from.id).map((id) => ({ id }))
  for (const node of [to, from, ...others]) await setSlot(node, 'NODE', to.id)
  return keys
}

/** True for an error that says so; where a call was cut off after the new master was given the slot, both may. */
function ifSaid(part: string): (error: Error) => boolean {
  return (error) => error.message.includes(part) || unexpected(error)
}

function unexpected(error: Error): never {
  throw error
}

/** Who asks the old master meanwhile is not sent on: to him the keys are gone. */
async function sendUnmarked(moves: readonly OneMove[], connections: Connections, login: SlotMove['login']): Promise<number> {
  let keys = 0
  for (const { slot, from, to } of moves) {
    const [source, target] = [connections.get(from.id), connections.get(to.id)]
    await target?.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id)
    if (source) keys += await sendKeys(source, slot, to, login)
  }
  return keys
}

async function sendKeys(from: Redis, slot: number, { port }: NodeLine, { user, password }: SlotMove['login']): Promise<number> {
  for (let sent = 0; ; ) {
    const keys = (await from.call('CLUSTER', 'GETKEYSINSLOT', slot, KEYS_AT_ONCE)) as string[]
    if (keys.length === 0) return sent
    // A key that is there too came with a call that was cut off before it was deleted here, where it was changed since.
    const how = ['REPLACE', 'AUTH2', user, password, 'KEYS', ...keys]
    await from.call('MIGRATE', '127.0.0.1', port, '', 0, TRAVEL_WITHIN_MS, ...how)
    sent += keys.length
  }
}
