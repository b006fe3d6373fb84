/** Where the programs of a stage go: each has a name, a host, and a port of the stage's own block. */
import { boxesOf } from './boxes.ts'
import type { App, Box, Consumers, Gateway, Host, RedisCluster } from './topology.ts'

/** What all programs have. */
export type Common = {
  readonly name: string
  /** The host whose size it shares. */
  readonly host: string
  /** TCP port on its host: on this machine all have different ones. */
  readonly port: number
  /** Names of the programs that must be ready before it starts. */
  readonly after: readonly string[]
}

export type Ports = ReadonlyMap<string, number>

/** Ports of a stage's own block, its first one excepted. */
const MOST_PORTS = 99

/** The page's own boxes have the same ports whatever is added to them or removed while the stage runs: what is added comes last. */
export function portsOf(stage: number, { own, now }: { own: Roots; now: Roots }, portBase: number): Ports {
  const [first] = own.flatMap(programNamesOf)
  const names = [...new Set([...innerNames(own), ...innerNames(now)])].filter((name) => name !== first)
  if (names.length > MOST_PORTS) throw new Error(`stage ${stage} has no port left for ${names.at(-1)}`)
  const ports = new Map(names.map((name, index) => [name, portBase + 100 * stage + 1 + index]))
  return first === undefined ? ports : ports.set(first, portBase + stage)
}

/** The entry first. */
type Roots = readonly Box[]

function innerNames(roots: Roots): string[] {
  const boxes = boxesOf(...roots)
  const buses = boxes.flatMap((box) => (box.kind === 'redis-cluster' ? programNamesOf(box).map(busOf) : []))
  return [...boxes.flatMap(programNamesOf), ...buses]
}

/** Redis would listen 10,000 above the server's own port, which may be another stage's. */
export function busOf(server: string): string {
  return `the bus of ${server}`
}

export function programNamesOf(box: Box): string[] {
  if (box.kind === 'app') return [...copiesOf(box), ...(box.worker ? [box.worker] : [])].map(({ name }) => name)
  if (box.kind === 'gateway' || box.kind === 'consumers') return copiesOf(box).map(({ name }) => name)
  if (box.kind === 'redis-cluster') return serversOf(box).map(({ name }) => name)
  if (box.kind === 'redis') return [...box.hosts, ...box.sentinels].map(({ name }) => name)
  if (box.kind === 'buckets') return box.keeper ? [box.keeper.name] : []
  return [box.name]
}

/** Masters first, as they are numbered. */
export function serversOf({ shards }: RedisCluster): Host[] {
  const [first = []] = shards
  return first.flatMap((_, rank) => shards.flatMap((servers) => servers[rank] ?? []))
}

export function copiesOf({ name, hosts }: Pick<App | Consumers | Gateway, 'name' | 'hosts'>): Placed[] {
  return hosts.map((host, index) => ({ name: `${name}-${index + 1}`, host }))
}

/** What has a host of its own or shares one. */
export type Placed = { readonly name: string; readonly host: Host }

export function placeOf({ name, host }: Placed, ports: Ports) {
  return { name, host: host.name, port: portNamed(name, ports) }
}

export function portNamed(name: string, ports: Ports): number {
  const port = ports.get(name)
  if (port === undefined) throw new Error(`no port was given to ${name}`)
  return port
}
