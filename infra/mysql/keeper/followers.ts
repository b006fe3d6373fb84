import type { Member } from './member.ts'

type Copier = Pick<Member, 'name' | 'reachable' | 'refused' | 'idle' | 'received'>

/** A primary may say what it has before it has read an acknowledgement that was sent to it. */
const UNREAD_MS = 200

/**
 * Who copies the primary, and so acknowledges its writes. A replica that was started anew has thrown away what it had fetched but
 * not carried out, although it had acknowledged it: until another one surely has that, nobody may be promoted.
 */
export class Followers {
  readonly #names: Set<string>
  /** `needs`: as many transactions as the primary had after the loss. At the start we know of nobody what he has lost. */
  #doubt: { since: number; needs?: number } | undefined = { since: 0 }

  /** `names`: who may copy a primary that was there before us. */
  constructor(names: readonly string[] = []) {
    this.#names = new Set(names)
  }

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

  /**
   * Ends the doubt once one follower has all that the primary had after it arose. What one had that is being told to follow anew says
   * nothing: it throws away what it has only fetched.
   */
  endDoubt({ seen }: Pick<Member, 'seen'>, members: readonly Copier[], isBeingTold: (name: string) => boolean): void {
    const doubt = this.#doubt
    if (!doubt || !seen) return
    if (doubt.needs === undefined && seen.askedAt > doubt.since + UNREAD_MS) doubt.needs = seen.executed.transactions
    const { needs } = doubt
    if (needs === undefined) return
    const vouches = ({ name, reachable, received }: Copier) =>
      this.#names.has(name) && reachable && received >= needs && !isBeingTold(name)
    if (members.some(vouches)) this.#doubt = undefined
  }
}
