import type { Roles } from '../../../infra/mysql/roles.ts'
import type { DatabaseAddress } from '../../../infra/stage/app-document.ts'
import { type DatabaseHost, databaseHost } from './host.ts'
import type { PoolOptions } from './pool.ts'

/** The servers of a primary and its replicas, each in the role that it has now. */
export type DatabaseGroup = {
  readonly hosts: readonly DatabaseHost[]
  /** Servers that have left their role are dropped. False where the keeper said nothing new. */
  apply(roles: Roles): boolean
  /** The one that takes the writes by the servers' own word, or none; counts only until the keeper has said something. */
  believe(primary: string | undefined): void
  /** The primary, or none. */
  writers(): readonly DatabaseHost[]
  /** The replicas that may be read; the first is another one each time. */
  replicas(): readonly DatabaseHost[]
  /**
   * All that can answer a read: replicas in turn, then the primary, at last what has just failed. Before the keeper's first word nobody
   * knows how late a replica is: then the primary alone, and any server where there is none.
   */
  readers(): readonly DatabaseHost[]
  /** Undefined until the keeper has said it. */
  flavour(): Roles['flavour'] | undefined
  drop(): void
}

/** A replica that lags finishes its queries in this time; those of one that hangs are repeated elsewhere. */
const FAREWELL_MS = 500

/** Nobody is the primary until somebody who knows has said so. */
export function databaseGroup(addresses: readonly DatabaseAddress[], options: PoolOptions): DatabaseGroup {
  const hosts = new Map(addresses.map((address) => [address.name, databaseHost(address, options)]))
  const named = (name: string | null | undefined): DatabaseHost[] => [hosts.get(name ?? '')].filter((host) => host !== undefined)
  let writers: DatabaseHost[] = []
  let serving: DatabaseHost[] = []
  let flavour: Roles['flavour'] | undefined
  let said = ''
  let turn = 0
  const isUsed = (host: DatabaseHost): boolean => writers.includes(host) || serving.includes(host)
  const inTurn = (some: readonly DatabaseHost[]): DatabaseHost[] => {
    turn += 1
    return rotated(some, turn)
  }
  return {
    hosts: [...hosts.values()],
    apply(roles) {
      const readable = roles.replicas.filter(({ serving }) => serving).map(({ name }) => name)
      // The version does not tell: one keeper counts by another's clock.
      const saying = JSON.stringify([roles.epoch, roles.flavour, roles.primary, readable])
      if (saying === said) return false
      said = saying
      const [before, readBefore] = [writers, serving]
      writers = named(roles.primary)
      serving = readable.flatMap(named)
      flavour = roles.flavour
      // What a primary was asked to write and has not answered may or may not be: nobody waits for it any longer.
      for (const host of before) if (!writers.includes(host)) host.drop()
      for (const host of readBefore) if (!isUsed(host)) setTimeout(() => isUsed(host) || host.drop(), FAREWELL_MS).unref()
      return true
    },
    believe(primary) {
      if (said === '') writers = named(primary)
    },
    writers: () => writers,
    replicas: () => inTurn(serving),
    readers() {
      const late = said === '' && writers.length === 0 ? [...hosts.values()] : serving
      const { willing = [], failed = [] } = Object.groupBy(inTurn(late), (host) => (host.isSkipped() ? 'failed' : 'willing'))
      return [...willing, ...writers, ...failed]
    },
    flavour: () => flavour,
    drop() {
      for (const host of hosts.values()) host.drop()
    },
  }
}

function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const start = items.length === 0 ? 0 : by % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}
