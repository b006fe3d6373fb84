/** The ways to say which of several servers has a key. */
import { hash } from 'node:crypto'
import { SLOTS } from '../../../infra/redis/cluster-record.ts'
import { BUCKETS } from '../../../infra/stage/topology.ts'
import { bucketOfEmail } from '../../platform/process/buckets.ts'
import { slotOf } from '../../platform/redis/slot.ts'
import { type Table, tablesOf } from './tables.ts'

export type Key = { readonly text: string; readonly number: number }
/** The server's number, from 0. */
export type Placement = (key: Key) => number

/** A formula, or a table that may be changed by hand. */
export type Method = { readonly name: string } & (ByFormula | ByTable)
/** `draw` gives the servers other names. */
type ByFormula = { readonly kind: 'formula'; over(servers: number, draw: number): Placement }
/** A key is in one of the units that the table speaks of; there is a table for each count of servers. */
type ByTable = { readonly kind: 'table'; readonly tables: readonly Table[]; unitOf(key: Key): number }

export function keyOf(text: string): Key {
  return { text, number: numberOf(text) }
}

/** Of servers: each is one more than the one before. */
export const COUNTS = [3, 4, 5] as const

const POINTS = [1, 10, 100, 200]

export const METHODS: readonly Method[] = [
  { name: 'modulo', kind: 'formula', over: modulo },
  ...POINTS.map((points): Method => ({ name: `ring, ${points} a server`, kind: 'formula', over: ring(points) })),
  { name: 'rendezvous', kind: 'formula', over: rendezvous },
  {
    name: `bucket map, ${BUCKETS}`,
    kind: 'table',
    tables: tablesOf(BUCKETS, COUNTS),
    unitOf: ({ text }) => Number(bucketOfEmail(text)),
  },
  { name: 'Redis slots, 16,384', kind: 'table', tables: tablesOf(SLOTS, COUNTS), unitOf: ({ text }) => slotOf(text) },
]

function modulo(servers: number): Placement {
  return ({ number }) => number % servers
}

/** A key belongs to the first point that comes after it. Each server has so many, which some call virtual nodes. */
function ring(points: number): ByFormula['over'] {
  return (servers, draw) => {
    const placed = Array.from({ length: servers * points }, (_, index) => {
      const server = index % servers
      return { server, at: numberOf(`${nameOf(server, draw)}#${Math.floor(index / servers)}`) }
    })
    placed.sort((one, other) => one.at - other.at)
    const ats = Uint32Array.from(placed, ({ at }) => at)
    return ({ number }) => placed[firstFrom(ats, number) % placed.length]?.server ?? 0
  }
}

function firstFrom(sorted: Uint32Array, least: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < least) low = middle + 1
    else high = middle
  }
  return low
}

/** Each server draws a lot for the key, and the highest has it. */
function rendezvous(servers: number, draw: number): Placement {
  const seeds = Array.from({ length: servers }, (_, server) => numberOf(nameOf(server, draw)))
  return ({ number }) => {
    let [best, highest] = [0, -1]
    for (const [server, seed] of seeds.entries()) {
      const lot = mixed(number ^ seed)
      if (lot > highest) [best, highest] = [server, lot]
    }
    return best
  }
}

function nameOf(server: number, draw: number): string {
  return `server-${draw}-${server + 1}`
}

function numberOf(text: string): number {
  return hash('md5', text, 'buffer').readUInt32BE()
}

/** Spreads what two numbers share over all bits of the result (the end of MurmurHash3, public domain). */
function mixed(value: number): number {
  let bits = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
