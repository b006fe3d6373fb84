/**
 * A Redis Cluster behind the interface of one Redis: each master has a connection of its own with its deadlines and its breaker, so that
 * one that is away or hangs takes its own keys with it and no others. ioredis has a client for this, which sends a command again whose
 * connection was lost, waits for a failover with no end of its own, and tells of no single server when it went and came back.
 *
 * Every master is asked twice a second who has which slots. So a server that hangs is left after a second at the most, whatever else it
 * is asked; its replica is promoted a second and a half after its last sign of life at the earliest, and a master that wakes up as if
 * nothing had happened finds nobody on an old connection.
 */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BoundedRedis, Bounds } from './bounded.ts'
import type { Argument, RedisServer } from './client.ts'
import { ClusterServers } from './cluster-servers.ts'
import { RedisCommands } from './commands.ts'
import { type Redirection, redirectionIn } from './redirection.ts'
import { RedisDown } from './redis-down.ts'
import { slotOf } from './slot.ts'
import type { NodeAddress } from './slot-map.ts'

type Asked = { readonly name: string; readonly args: readonly Argument[]; readonly replyEncoding: 'utf8' | null }

/** Between two tries of a command whose keys are being moved. */
const AGAIN_AFTER_MS = 20
/** A slot of which a key was found to have gone ahead: for so long it has two servers, and neither answers for it alone. */
const DIVIDED_MS = 1_000

export class ClusterRedis extends RedisCommands {
  readonly #bounds: Bounds
  readonly #servers: ClusterServers
  readonly #dividedAt = new Map<number, number>()

  /** `open` makes the client of one node. */
  constructor(bounds: Bounds, seeds: readonly NodeAddress[], open: (address: NodeAddress) => BoundedRedis) {
    super()
    this.#bounds = bounds
    this.#servers = new ClusterServers(seeds, open)
    this.#servers.on('joined', (server) => this.emit('joined', server))
    this.#servers.on('moved', (to, from) => this.emit('moved', to, from))
    this.#servers.on('whole', () => this.emit('ready'))
    this.#servers.on('broken', () => this.emit('close'))
  }

  get status(): string {
    return this.#servers.isWhole() ? 'ready' : 'connecting'
  }

  servers(): readonly RedisServer[] {
    return this.#servers.all()
  }

  serverOf(key: string): RedisServer | undefined {
    const slot = slotOf(key)
    const dividedAt = this.#dividedAt.get(slot)
    if (dividedAt !== undefined && performance.now() < dividedAt + DIVIDED_MS) return undefined
    this.#dividedAt.delete(slot)
    return this.#servers.ofSlot(slot)
  }

  /** Goes where it is sent until its deadline; what was lost on the way is not sent again. */
  async ask<Reply>(name: string, args: readonly Argument[], replyEncoding: 'utf8' | null = 'utf8'): Promise<Reply> {
    const asked = { name, args, replyEncoding }
    const giveUpAt = performance.now() + this.#bounds.deadlineMs
    let answer = this.#send<Reply>(asked)
    for (;;) {
      try {
        return await answer
      } catch (error) {
        const redirection = redirectionIn(error)
        if (!redirection || performance.now() > giveUpAt) throw error
        answer = this.#follow(redirection, asked, giveUpAt)
      }
    }
  }

  close(): void {
    this.#servers.close()
    this.emit('closed')
  }

  #send<Reply>({ name, args, replyEncoding }: Asked): Promise<Reply> {
    const key = keyOf(name, args)
    const server = key === undefined ? this.#servers.all()[0] : this.#servers.ofSlot(slotOf(key))
    if (server) return server.ask(name, args, replyEncoding)
    return Promise.reject(new RedisDown(`${this.#bounds.name}: nobody is known to have ${key ?? 'anything'}`))
  }

  async #follow<Reply>(redirection: Redirection, asked: Asked, giveUpAt: number): Promise<Reply> {
    if (redirection.kind === 'again') {
      await sleep(AGAIN_AFTER_MS)
      return this.#send(asked)
    }
    const { kind, slot, to } = redirection
    if (kind === 'ask') this.#dividedAt.set(slot, performance.now())
    else this.#servers.assign(slot, to)
    const server = this.#servers.at(to)
    await untilReady(server, giveUpAt)
    // Good for the one command that comes next.
    if (kind === 'ask') server.ask('asking', []).catch(() => {})
    return server.ask(asked.name, asked.args, asked.replyEncoding)
  }
}

/** Of several the first: they are in one slot. */
function keyOf(name: string, args: readonly Argument[]): string | undefined {
  const key = name === 'eval' || name === 'evalsha' ? args[2] : args[0]
  return key === undefined ? undefined : String(key)
}

/** One that was promoted a moment ago has to be connected to. */
async function untilReady(server: BoundedRedis, giveUpAt: number): Promise<void> {
  if (server.status === 'ready') return
  const signal = AbortSignal.timeout(Math.max(1, Math.ceil(giveUpAt - performance.now())))
  await once(server, 'ready', { signal }).catch(() => {})
}
