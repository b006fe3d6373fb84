import { tried, until } from '../../process/until.ts'
import { KEEPER } from '../bootstrap.ts'
import { waitQuery } from '../position.ts'
import type { Dialect, Observation } from './dialect.ts'
import { KeptConnection } from './kept-connection.ts'

/** A probe that has no answer by then is missed; so is every further one until the answer comes. */
export const PROBE_DEADLINE_MS = 300
/** This many missed in a row: nobody is there. */
export const MISSES = 3
/** A probe without an answer for so long is given up, and its connection too. */
const ABANDON_PROBE_MS = 2_000
const STATEMENT_TIMEOUT_MS = 5_000
const LOCK_TIMEOUT_S = 1

export type MemberAddress = { readonly name: string; readonly host: string; readonly port: number }

/** One server of the group, as the keeper knows it from probes, and what it can be told to do. */
export class Member {
  readonly name: string
  readonly host: string
  readonly port: number
  /** From 1 in the group. */
  readonly number: number
  /** The last answer, and when the question was sent (milliseconds of performance.now). */
  seen: (Observation & { readonly askedAt: number }) | undefined
  /** Probes in a row without an answer. */
  missed = MISSES
  /** False until the first question was answered, or could not be. */
  known = false
  /** Its port was closed at the last probe: its process has ended. */
  refused = false
  /** When it was last found to have received something new. */
  receivedAt = 0
  readonly #dialect: Dialect
  readonly #probes: KeptConnection
  readonly #commands: KeptConnection
  #askedAt: number | undefined

  constructor({ name, ...place }: MemberAddress, number: number, { dialect, password }: { dialect: Dialect; password: string }) {
    this.name = name
    this.host = place.host
    this.port = place.port
    this.number = number
    this.#dialect = dialect
    this.#probes = new KeptConnection(place, password)
    this.#commands = new KeptConnection(place, password)
  }

  get reachable(): boolean {
    return this.missed < MISSES && this.seen !== undefined
  }

  /** Restarted, it fetches and carries out nothing until it is told to. */
  get idle(): boolean {
    const { copying } = this.seen ?? {}
    return !copying?.receiving && !copying?.applying
  }

  /** All that it has, carried out or only fetched. */
  get received(): number {
    return (this.seen?.copying?.received ?? this.seen?.executed)?.transactions ?? 0
  }

  /** Asks how it is unless it still owes an answer; never throws. `counts` is false for a question that we were late with ourselves. */
  probe({ counts }: { counts: boolean }): void {
    const now = performance.now()
    if (this.#askedAt === undefined) return void this.#ask(now)
    if (counts && now - this.#askedAt > PROBE_DEADLINE_MS) this.missed += 1
  }

  async #ask(askedAt: number): Promise<void> {
    this.#askedAt = askedAt
    try {
      this.#note({ ...(await this.#observe(this.#probes, ABANDON_PROBE_MS)), askedAt })
    } catch (error) {
      this.missed += 1
      this.refused = (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'
    } finally {
      this.#askedAt = undefined
      this.known = true
    }
  }

  #note(seen: Observation & { askedAt: number }): void {
    const before = this.received
    // A command that was carried out meanwhile has asked later.
    if (!this.seen || seen.askedAt > this.seen.askedAt) this.seen = seen
    if (this.received > before) this.receivedAt = performance.now()
    // The first command of a failover should not have to wait for a log-in.
    if (this.missed >= MISSES) this.#commands.query('DO 0', STATEMENT_TIMEOUT_MS).catch(() => {})
    this.missed = 0
    this.refused = false
  }

  /** How it is now. Throws when it does not say. */
  async observe(): Promise<Observation> {
    const askedAt = performance.now()
    const observation = await this.#observe(this.#commands, STATEMENT_TIMEOUT_MS)
    this.seen = { ...observation, askedAt }
    return observation
  }

  async #observe(connection: KeptConnection, timeoutMs: number): Promise<Observation> {
    const { stateQuery, copyingQuery, observation } = this.#dialect
    const [[state] = [], [copying] = []] = await connection.queries([stateQuery, copyingQuery], timeoutMs)
    return observation(state ?? {}, copying)
  }

  /** Carries out statements in order; throws at the first that fails. */
  async tell(...statements: readonly string[]): Promise<void> {
    for (const statement of statements) await this.#commands.query(statement, STATEMENT_TIMEOUT_MS)
  }

  /** Returns once it has carried out all that it has received; throws if that takes longer. */
  async applyReceived(withinMs: number): Promise<void> {
    const { executed, copying } = await this.observe()
    if (!copying || copying.received.transactions <= executed.transactions) return
    const wait = waitQuery(this.#dialect.flavour, copying.received.text, withinMs)
    const [row] = await this.#commands.query(wait, withinMs + STATEMENT_TIMEOUT_MS)
    if (row?.reached !== 1) throw new Error(`${this.name} has not carried out all that it received within ${withinMs / 1000} s`)
  }

  /** Ends the connections of all others, so that none of them waits for an acknowledgement or holds a lock. */
  async endClients(): Promise<number> {
    const threads = await this.#commands.query('SHOW PROCESSLIST', STATEMENT_TIMEOUT_MS)
    const clients = threads.filter(({ User }) => User !== KEEPER && User !== 'system user' && User !== 'event_scheduler')
    // One that has ended meanwhile is an error that says what we want to hear.
    for (const { Id } of clients) await this.tell(`KILL ${Number(Id)}`).catch(() => {})
    return clients.length
  }

  /** Throws if it has not stopped taking writes by then. */
  async refuseWrites(withinMs: number): Promise<void> {
    await this.tell(`SET SESSION lock_wait_timeout = ${LOCK_TIMEOUT_S}`)
    const refuses = async () => {
      // A commit that waits for its acknowledgement keeps the server from changing over.
      await this.endClients()
      return tried(() => this.tell(...this.#dialect.refuseWrites))
    }
    await until(refuses, { withinMs, everyMs: 20, complaint: `${this.name} did not stop taking writes` })
  }

  close(): void {
    this.#probes.close()
    this.#commands.close()
  }
}
