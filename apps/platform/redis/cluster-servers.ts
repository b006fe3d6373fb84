import { EventEmitter } from 'node:events'
import { type NodeLine, parseNodes } from '../../../infra/redis/cluster-node.ts'
import { inStep } from '../process/in-step.ts'
import type { BoundedRedis } from './bounded.ts'
import { addressOf, type Move, type NodeAddress, SlotMap } from './slot-map.ts'

type Events = {
  joined: [server: BoundedRedis]
  moved: [to: BoundedRedis, from: BoundedRedis | undefined]
  /** All masters take commands now, or no longer. */
  whole: []
  broken: []
}

/** A hung server is given up after this and its deadline: before its replica is promoted. */
const LOOK_EVERY_MS = 500
/** While one is missing: its replica may have been promoted. */
const LOOK_SOON_MS = 100
/** What a server that left was asked before is still answered. */
const LEAVE_AFTER_MS = 1_000

/** A connection to each master of a Cluster, and which slots it has. */
export class ClusterServers extends EventEmitter<Events> {
  readonly #seeds: readonly NodeAddress[]
  readonly #open: (address: NodeAddress) => BoundedRedis
  readonly #map = new SlotMap()
  readonly #servers = new Map<NodeAddress, BoundedRedis>()
  readonly #leaving = new Set<BoundedRedis>()
  /** To nodes of which nobody knows whether they are masters, while no master is there to be asked. */
  #scouts: BoundedRedis[] = []
  /** They have been asked who has which slots: many may find at once that a slot has moved. */
  readonly #asked = new Set<BoundedRedis>()
  /** What the map was last made of. */
  #view = ''
  readonly #endLooking: () => void
  #timer: NodeJS.Timeout | undefined
  #wasWhole = false
  #closed = false

  constructor(seeds: readonly NodeAddress[], open: (address: NodeAddress) => BoundedRedis) {
    super()
    this.#seeds = seeds
    this.#open = open
    this.#endLooking = inStep(LOOK_EVERY_MS, () => this.look())
    this.look()
  }

  all(): BoundedRedis[] {
    return [...this.#servers.values()]
  }

  ofSlot(slot: number): BoundedRedis | undefined {
    const owner = this.#map.ownerOf(slot)
    return owner === undefined ? undefined : this.#servers.get(owner)
  }

  /** A server that was not known is connected to now. */
  at(address: NodeAddress): BoundedRedis {
    const known = this.#servers.get(address)
    if (known) return known
    const server = this.#open(address)
    this.#servers.set(address, server)
    server.on('ready', () => this.look())
    server.on('close', () => this.look())
    this.emit('joined', server)
    return server
  }

  isWhole(): boolean {
    return this.#servers.size > 0 && this.all().every(({ status }) => status === 'ready')
  }

  /** A node says that it does not have this slot any more. */
  assign(slot: number, to: NodeAddress): void {
    this.#tell([this.#map.assign(slot, to)])
    this.#view = ''
    this.look()
  }

  /** Asks every master that can be asked, now and from then on. */
  look(): void {
    if (this.#closed) return
    for (const server of this.#askable()) void this.#learnFrom(server)
    this.#noteWholeness()
    clearTimeout(this.#timer)
    if (!this.#wasWhole) this.#timer = setTimeout(() => this.look(), LOOK_SOON_MS).unref()
  }

  close(): void {
    this.#closed = true
    this.#endLooking()
    clearTimeout(this.#timer)
    for (const server of [...this.all(), ...this.#scouts, ...this.#leaving]) server.close()
  }

  #askable(): BoundedRedis[] {
    const ready = this.all().filter(({ status }) => status === 'ready')
    if (ready.length > 0) {
      for (const scout of this.#scouts.splice(0)) scout.close()
      return ready
    }
    if (this.#scouts.length === 0) this.#scouts = this.#seeds.filter((seed) => !this.#servers.has(seed)).map(this.#scout)
    return this.#scouts.filter(({ status }) => status === 'ready')
  }

  #scout = (seed: NodeAddress): BoundedRedis => {
    const scout = this.#open(seed)
    scout.once('ready', () => void this.#learnFrom(scout))
    return scout
  }

  async #learnFrom(server: BoundedRedis): Promise<void> {
    if (this.#asked.has(server)) return
    this.#asked.add(server)
    const asking = server.ask<string>('cluster', ['NODES']).catch(() => undefined)
    const text = await asking.finally(() => this.#asked.delete(server))
    if (text === undefined || this.#closed) return
    const masters = parseNodes(text).filter(({ isMaster, port }) => isMaster && port > 0)
    const view = viewOf(masters)
    // As a rule all servers say the same, and have said it before.
    if (view === this.#view) return
    this.#view = view
    this.#tell(this.#map.adopt(masters))
    const owners = this.#map.owners()
    const known = new Set([...owners, ...masters.filter(({ isSilent }) => !isSilent).map(addressOf)])
    if (owners.size === 0) return
    for (const owner of owners) this.at(owner)
    for (const address of this.#servers.keys()) if (!known.has(address)) this.#leave(address)
    this.#noteWholeness()
  }

  #tell(moves: readonly (Move | undefined)[]): void {
    for (const move of moves) {
      if (!move) continue
      const isNew = !this.#servers.has(move.to)
      const to = this.at(move.to)
      // The first that is heard of a server is no news.
      if (move.from !== undefined) this.emit('moved', to, this.#servers.get(move.from))
      else if (!isNew) this.emit('moved', to, undefined)
    }
  }

  #leave(address: NodeAddress): void {
    const server = this.#servers.get(address)
    if (!server) return
    this.#servers.delete(address)
    this.#leaving.add(server)
    const leave = () => {
      this.#leaving.delete(server)
      server.close()
    }
    setTimeout(leave, LEAVE_AFTER_MS).unref()
  }

  #noteWholeness(): void {
    const isWhole = this.isWhole()
    if (isWhole === this.#wasWhole) return
    this.#wasWhole = isWhole
    this.emit(isWhole ? 'whole' : 'broken')
  }
}

/** All of it that the map depends on, in one order whoever says it. */
function viewOf(masters: readonly NodeLine[]): string {
  return masters
    .map((node) => `${addressOf(node)} ${node.epoch} ${node.isSilent} ${node.slots}`)
    .toSorted()
    .join('\n')
}
