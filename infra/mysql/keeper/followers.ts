import type { Member } from './member.ts'

type Copier = Pick<Member, 'name' | 'reachable' | 'refused' | 'idle' | 'received'>

/**
 * Who copies the primary, and so acknowledges its writes. A replica that was started anew has thrown away what it had fetched but
 * not carried out, although it had acknowledged it: until another one surely has that, nobody may be promoted.
 */
export class Followers {
  readonly #names = new Set<string>()
  /** `needs`: as many transactions as the primary had after the loss. At the start we know of nobody what he has lost. */
  #doubt: { since: number; needs?: number } | undefined = { since: 0 }

  get names(): ReadonlySet<string> {
    return this.#names
  }

  get inDoubt(): boolean {
    return this.#doubt !== undefined
  }

  add(name: string): void {
    this.#names.add(name)
  }

  /** It has ended, was started anew or is emptied: it acknowledges nothing more, and may have lost what it acknowledged. */
  lose(name: string): void {
    if (this.#names.delete(name)) this.#doubt = { since: performance.now() }
  }

  /**
   * To be called with every answer: those that have ended or were started anew are lost, with or without a primary. One that is just
   * being told what to do may still be idle, and has nothing to lose.
   */
  watch(members: readonly Copier[], isBeingTold: (name: string) => boolean): void {
    for (const { name, reachable, refused, idle } of members)
      if (refused || (reachable && idle && !isBeingTold(name))) this.lose(name)
  }

  /** A new primary has all that was ever acknowledged. */
  startAnew(): void {
    this.#names.clear()
    this.#doubt = undefined
  }

  /** Ends the doubt once one follower has all that the primary had after it arose. */
  settle({ seen }: Pick<Member, 'seen'>, members: readonly Copier[]): void {
    const doubt = this.#doubt
    if (!doubt || !seen) return
    if (doubt.needs === undefined && seen.askedAt > doubt.since) doubt.needs = seen.executed.transactions
    const { needs } = doubt
    if (needs === undefined) return
    if (members.some((one) => this.#names.has(one.name) && one.reachable && one.received >= needs)) this.#doubt = undefined
  }
}
