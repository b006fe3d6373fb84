/** Where the programs of a stage go: each has a name, a host, and a port of the stage's own block. */
import { type App, type Box, boxesOf, type Entry, type Host, type RedisCluster } from './topology.ts'

/** What all programs have. */
export type Common = {
  readonly name: string
  /** The host whose size it shares. */
  readonly host: string
  /** TCP port on 127.0.0.1. */
  readonly port: number
  /** Names of the programs that must be ready before it starts. */
  readonly after: readonly string[]
}

export type Ports = ReadonlyMap<string, number>

export function portsOf(stage: number, entry: Entry, portBase: number): Ports {
  const [first] = programNamesOf(entry)
  const inner = boxesOf(entry)
    .flatMap(programNamesOf)
    .filter((name) => name !== first)
  const buses = boxesOf(entry).flatMap((box) => (box.kind === 'redis-cluster' ? programNamesOf(box).map(busOf) : []))
  const ports = new Map([...inner, ...buses].map((name, index) => [name, portBase + 100 * stage + 1 + index]))
  return first === undefined ? ports : ports.set(first, portBase + stage)
}

/** Redis would listen 10,000 above the server's own port, which may be another stage's. */
export function busOf(server: string): string {
  return `the bus of ${server}`
}

export function programNamesOf(box: Box): string[] {
  if (box.kind === 'app') return [...copiesOf(box), ...(box.worker ? [box.worker] : [])].map(({ name }) => name)
  if (box.kind === 'redis-cluster') return serversOf(box).map(({ name }) => name)
  if (box.kind === 'redis') return [...box.hosts, ...box.sentinels].map(({ name }) => name)
  return box.kind === 'buckets' ? [] : [box.name]
}

/** Masters first, as they are numbered. */
export function serversOf({ shards }: RedisCluster): Host[] {
  const [first = []] = shards
  return first.flatMap((_, rank) => shards.flatMap((servers) => servers[rank] ?? []))
}

export function copiesOf({ name, hosts }: App): Placed[] {
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
