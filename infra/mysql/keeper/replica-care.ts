import type { ShopSchemas } from '../bootstrap.ts'
import type { Copying, Dialect, Role } from './dialect.ts'
import type { Followers } from './followers.ts'
import type { Member } from './member.ts'
import type { Rotation } from './rotation.ts'

const FENCE_WITHIN_MS = 10_000
/** What differs again at once would differ for ever. */
const REBUILD_AGAIN_AFTER_MS = 10_000

type Parts = {
  readonly dialect: Dialect
  readonly followers: Followers
  readonly rotation: Rotation
  readonly fencing: boolean
  readonly password: string
  readonly schemas: ShopSchemas
  roleOf(member: Member): Role
  /** What it has from nobody, as text. */
  straysOf(member: Member, primary: Member): string
  log(event: string): void
}

/** Sees to it that every member but the primary copies the primary, one task at a time for each. */
export class ReplicaCare {
  readonly #parts: Parts
  readonly #tasks = new Map<Member, Promise<void>>()
  readonly #rebuiltAt = new Map<Member, number>()
  readonly #noted = new Map<Member, string>()
  /** Those that we, or a keeper before us, may have told to stop receiving. Others who stand still were stopped by hand, and are left alone. */
  readonly #paused = new Set<Member>()
  #pausedAt = 0
  /** How often each was emptied since this process started. */
  readonly rebuilds = new Map<string, number>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  get isBusy(): boolean {
    return this.#tasks.size > 0
  }

  isAttendingTo(name: string): boolean {
    return [...this.#tasks.keys()].some((member) => member.name === name)
  }

  async atRest(): Promise<void> {
    await Promise.all(this.#tasks.values())
  }

  /** Begins what is due for each of them. */
  attend(primary: Member, members: readonly Member[]): void {
    for (const member of members) {
      if (member === primary || this.#tasks.has(member)) continue
      const duty = this.#dutyFor(member, primary)
      if (duty) this.#tasks.set(member, this.#carryOut(member, duty))
    }
  }

  expectPauses(members: readonly Member[]): void {
    for (const member of members) this.#paused.add(member)
    this.#pausedAt = performance.now()
  }

  async #carryOut(member: Member, duty: () => Promise<void>): Promise<void> {
    try {
      await duty()
      await member.observe()
      this.#noted.delete(member)
    } catch (error) {
      this.#noteOnce(member, `${member.name} could not be made a replica yet: ${(error as Error).message}`)
    } finally {
      this.#tasks.delete(member)
    }
  }

  #dutyFor(member: Member, primary: Member): (() => Promise<void>) | undefined {
    const { name, reachable, idle, seen } = member
    if (!reachable || !seen) return undefined
    if (!seen.readOnly) return this.#parts.fencing ? () => this.#fence(member) : undefined
    if (seen.copying?.sourcePort === primary.port && !idle) {
      // Of a member that was asked before it was told to stop, nobody knows whether it goes on.
      return seen.copyingAskedAt > this.#pausedAt ? this.#dutyForCopying(member, primary, seen.copying) : undefined
    }
    this.#parts.followers.lose(name)
    return () => this.#join(member, primary)
  }

  #dutyForCopying(member: Member, primary: Member, { receiving, applying, fault }: Copying): (() => Promise<void>) | undefined {
    const strays = this.#parts.straysOf(member, primary)
    const difference = strays === '' ? fault : notHad(primary, strays)
    if (difference !== undefined) {
      this.#parts.rotation.exclude(member.name)
      return this.#mayRebuild(member) ? () => this.#rebuild(member, primary, difference) : undefined
    }
    if (receiving && applying) this.#follows(member)
    else if (!receiving && this.#paused.has(member)) return () => this.#resume(member)
    else this.#noteOnce(member, `${member.name} was stopped by hand and is left alone`)
    return undefined
  }

  #follows(member: Member): void {
    this.#parts.followers.add(member.name)
    this.#parts.rotation.include(member.name)
    this.#paused.delete(member)
  }

  async #resume(member: Member): Promise<void> {
    // Before it can acknowledge the first write.
    this.#parts.followers.add(member.name)
    await member.tell(...this.#parts.dialect.resumeReceiving(this.#parts.roleOf(member)))
  }

  /** It was replaced and does not know it yet. */
  async #fence(member: Member): Promise<void> {
    const ended = await member.endClients()
    await member.refuseWrites(FENCE_WITHIN_MS)
    this.#parts.log(`${member.name} was replaced: it takes no more writes, and ${ended} connections to it were ended`)
  }

  async #join(member: Member, primary: Member): Promise<void> {
    const own = await member.observe()
    const excess = this.#parts.dialect.excess(own.executed, (await primary.observe()).executed)
    if (excess !== '') return this.#rebuild(member, primary, notHad(primary, excess))
    await this.#follow(member, primary)
  }

  async #follow(member: Member, primary: Member): Promise<void> {
    const { dialect, password, roleOf, log } = this.#parts
    // Before it can acknowledge the first write.
    this.#follows(member)
    await member.tell(...dialect.follow({ host: primary.host, port: primary.port, password }, roleOf(member)))
    log(`${member.name} follows ${primary.name}`)
  }

  #mayRebuild(member: Member): boolean {
    return performance.now() - (this.#rebuiltAt.get(member) ?? -REBUILD_AGAIN_AFTER_MS) >= REBUILD_AGAIN_AFTER_MS
  }

  /** The log goes back to the beginning, so an empty member that replays it is a copy again. */
  async #rebuild(member: Member, primary: Member, reason: string): Promise<void> {
    const { dialect, followers, rotation, schemas, log } = this.#parts
    this.#rebuiltAt.set(member, performance.now())
    this.rebuilds.set(member.name, (this.rebuilds.get(member.name) ?? 0) + 1)
    followers.lose(member.name)
    rotation.exclude(member.name)
    log(`${member.name} is emptied and replays the log of ${primary.name}: ${reason}`)
    await member.endClients()
    await member.tell(...dialect.empty(schemas))
    // By what it said before, it would lag behind nobody, and be read while it is empty.
    await member.observe()
    await this.#follow(member, primary)
  }

  #noteOnce(member: Member, event: string): void {
    if (this.#noted.get(member) === event) return
    this.#noted.set(member, event)
    this.#parts.log(event)
  }
}

function notHad({ name }: Member, transactions: string): string {
  return `it has transactions that ${name} has not: ${transactions}`
}
