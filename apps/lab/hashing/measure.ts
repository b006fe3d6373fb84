import { COUNTS, type Key, keyOf, METHODS, type Method } from './methods.ts'
import { loadsOf, relieved, type Table } from './tables.ts'

/** The place among the counts of that for which the spread is told. */
const MIDDLE = 1
const SERVERS = COUNTS[MIDDLE]
/** What the hot key has of all requests; the other keys share the rest. */
const HOT_SHARE = 0.1

export type Asked = { readonly keys: number; readonly draws: number }
/** Shares of all keys; `needless` are those that went from one old server to another. */
type Moved = { readonly share: number; readonly needless: number }
/** With the draw of which least, and most, moved. */
type Move = Moved & { readonly from: number; readonly to: number; readonly least: number; readonly most: number }
/** Busiest of the servers once rows of the table were changed for it, and the share of keys that had to move. */
type Relief = { readonly busiest: number; readonly moved: number }

export type MethodResult = {
  readonly name: string
  readonly moves: readonly Move[]
  /** Of the keys over four servers: standard deviation and the fullest one, in shares of the mean. */
  readonly spread: { readonly deviation: number; readonly fullest: number; readonly fullestOfAnyDraw: number }
  /** The busiest of four servers has this share of all requests; only a table can be changed for it. */
  readonly hotKey: { readonly busiest: number; readonly relief: Relief | null }
}
export type HashingResults = Asked & { readonly hotShare: number; readonly methods: readonly MethodResult[] }

/** Each draw has keys, and servers' names, of its own; figures are the means of all draws. */
export function measureHashing({ keys, draws }: Asked): HashingResults {
  const drawn = Array.from({ length: draws }, (_, draw) =>
    Array.from({ length: keys }, (_, index) => keyOf(`customer-${draw}-${index}@example.com`)),
  )
  return { keys, draws, hotShare: HOT_SHARE, methods: METHODS.map((method) => measureMethod(method, drawn)) }
}

function measureMethod(method: Method, drawn: readonly Key[][]): MethodResult {
  const draws = drawn.map((keys, draw) => measureDraw(method, keys, draw))
  const mean = (of: (draw: Draw) => number) => draws.reduce((sum, draw) => sum + of(draw), 0) / draws.length
  const relief = { busiest: mean((draw) => draw.relief?.busiest ?? 0), moved: mean((draw) => draw.relief?.moved ?? 0) }
  return {
    name: method.name,
    moves: COUNTS.slice(1).map((to, step) => {
      const shares = draws.map(({ moves }) => moves[step]?.share ?? 0)
      const needless = mean(({ moves }) => moves[step]?.needless ?? 0)
      const [least, most] = [Math.min(...shares), Math.max(...shares)]
      return { from: to - 1, to, share: mean(({ moves }) => moves[step]?.share ?? 0), needless, least, most }
    }),
    spread: {
      deviation: mean(({ deviation }) => deviation),
      fullest: mean(({ fullest }) => fullest),
      fullestOfAnyDraw: Math.max(...draws.map(({ fullest }) => fullest)),
    },
    hotKey: { busiest: mean(({ busiest }) => busiest), relief: method.kind === 'table' ? relief : null },
  }
}

type Draw = {
  readonly moves: readonly Moved[]
  readonly deviation: number
  readonly fullest: number
  readonly busiest: number
  readonly relief: Relief | undefined
}

function measureDraw(method: Method, keys: readonly Key[], draw: number): Draw {
  const requests = requestsOf(keys.length)
  const { homes, relief } = homesOf(method, keys, draw, requests)
  const here = homes[MIDDLE] as Uint8Array
  const counts = loadsOf(here, new Float64Array(keys.length).fill(1), SERVERS)
  const mean = keys.length / SERVERS
  return {
    moves: homes.slice(1).map((after, step) => moveOf(homes[step] as Uint8Array, after, COUNTS[step] ?? 0)),
    deviation: Math.sqrt(counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / SERVERS) / mean,
    fullest: Math.max(...counts) / mean,
    busiest: Math.max(...loadsOf(here, requests, SERVERS)),
    relief,
  }
}

type Homes = { readonly homes: readonly Uint8Array[]; readonly relief?: Relief }

/** The server of each key, for each count of servers. */
function homesOf(method: Method, keys: readonly Key[], draw: number, requests: Float64Array): Homes {
  if (method.kind === 'formula') return { homes: COUNTS.map((count) => Uint8Array.from(keys, method.over(count, draw))) }
  const units = Uint16Array.from(keys, method.unitOf)
  const { tables } = method
  return {
    homes: tables.map((table) => Uint8Array.from(units, (unit) => table[unit] ?? 0)),
    relief: reliefOf(tables[MIDDLE] as Table, units, requests),
  }
}

function moveOf(before: Uint8Array, after: Uint8Array, added: number): Moved {
  let [moved, needless] = [0, 0]
  for (const [index, home] of after.entries()) {
    if (home === before[index]) continue
    moved += 1
    if (home !== added) needless += 1
  }
  return { share: moved / after.length, needless: needless / after.length }
}

/** Of each key, as shares of all; the first is the hot one. */
function requestsOf(keys: number): Float64Array {
  const requests = new Float64Array(keys).fill((1 - HOT_SHARE) / (keys - 1))
  requests[0] = HOT_SHARE
  return requests
}

function reliefOf(table: Table, units: Uint16Array, requests: Float64Array): Relief {
  const loads = new Float64Array(table.length)
  const sizes = new Float64Array(table.length)
  for (const [index, unit] of units.entries()) {
    loads[unit] = (loads[unit] ?? 0) + (requests[index] ?? 0)
    sizes[unit] = (sizes[unit] ?? 0) + 1 / units.length
  }
  const after = relieved(table, loads, SERVERS)
  const moved = after.reduce((sum, server, unit) => sum + (server === table[unit] ? 0 : (sizes[unit] ?? 0)), 0)
  return { busiest: Math.max(...loadsOf(after, loads, SERVERS)), moved }
}
