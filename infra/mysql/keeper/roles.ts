import type { Roles } from '../roles.ts'

/** The roles as others see them; who asks for a newer version waits until there is one. */
export class RoleBoard {
  #roles: Roles
  readonly #waiting = new Set<() => void>()
  #isPublished = false

  constructor(flavour: Roles['flavour'], epoch = 0) {
    // By the clock, so that a keeper that was started again counts on from where the one before it stood.
    this.#roles = { version: Date.now(), epoch, flavour, primary: null, replicas: [] }
  }

  get roles(): Roles {
    return this.#roles
  }

  publish(now: Pick<Roles, 'epoch' | 'primary' | 'replicas'>): void {
    const before = this.#roles
    const same = essence(before) === essence(now)
    this.#roles = { ...before, ...now, version: same ? before.version : before.version + 1 }
    if (same && this.#isPublished) return
    this.#isPublished = true
    for (const wake of this.#waiting) wake()
  }

  /** At once unless `after` is the version of now; then when it changes, or after the time-out. Undefined where nobody knows them yet. */
  async newerThan(after: number | undefined, timeoutMs: number): Promise<Roles | undefined> {
    if (this.#isPublished && after !== this.#roles.version) return this.#roles
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, timeoutMs)
    this.#waiting.add(resolve)
    await promise
    this.#waiting.delete(resolve)
    clearTimeout(timer)
    return this.#isPublished ? this.#roles : undefined
  }
}

function essence({ epoch, primary, replicas }: Pick<Roles, 'epoch' | 'primary' | 'replicas'>): string {
  return JSON.stringify([epoch, primary, replicas.map(({ name, serving }) => [name, serving])])
}
