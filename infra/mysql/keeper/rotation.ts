import type { Replica } from '../roles.ts'
import { PositionHistory } from './lag.ts'
import type { Member } from './member.ts'

/** Which replicas reads are sent to. Where there is no primary they go on serving what they have. */
export class Rotation {
  readonly #limitMs: number
  readonly #history = new PositionHistory()
  /** Those that have nothing but what the primary has, or had. */
  readonly #copies = new Set<string>()
  readonly #serving = new Set<string>()

  constructor(limitMs: number) {
    this.#limitMs = limitMs
  }

  include(name: string): void {
    this.#copies.add(name)
  }

  exclude(name: string): void {
    this.#copies.delete(name)
  }

  /** A new primary begins with so many transactions. */
  cut(transactions: number): void {
    this.#history.cut(transactions)
  }

  replicas(primary: Member | undefined, members: readonly Member[]): Replica[] {
    this.#noteProgress(primary, members)
    const now = performance.now()
    return members.filter((member) => member !== primary).map((member) => this.#replica(member, now))
  }

  #noteProgress(primary: Member | undefined, members: readonly Member[]): void {
    const there = members.filter(({ reachable }) => reachable)
    if (primary?.seen) this.#history.add(primary.seen.executed.transactions, primary.seen.askedAt)
    // At the start without a primary: nobody is known to have more than the one that has the most.
    else if (this.#history.isEmpty && there.length > 0)
      this.#history.add(Math.max(...there.map(({ received }) => received)), performance.now())
  }

  #replica(member: Member, now: number): Replica {
    const { name, reachable, seen } = member
    const lagMs = this.#history.lagOf(seen?.executed.transactions ?? 0, now)
    const limitMs = this.#serving.has(name) ? this.#limitMs : this.#limitMs / 2
    const serving = reachable && this.#copies.has(name) && !seen?.copying?.fault && lagMs <= limitMs
    if (serving) this.#serving.add(name)
    else this.#serving.delete(name)
    return { name, lagMs, serving }
  }
}
