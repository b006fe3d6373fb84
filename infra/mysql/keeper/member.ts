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
/** How a server copies it says in sixty columns, which cost more than all else of a question. While all is well that is asked this often. */
const ASK_COPYING_EVERY_MS = 1_000
const STATEMENT_TIMEOUT_MS = 5_000
const LOCK_TIMEOUT_S = 1

type Seen = Observation & {
  readonly askedAt: number
  /** When it last said how it copies. */
  readonly copyingAskedAt: number
}

type MemberParts = {
  readonly dialect: Dialect
  readonly password: string
  /** The connection to it has broken, or a question came to nothing. */
  onLost(): void
}

export type MemberAddress = { readonly name: string; readonly host: string; readonly port: number }

/** One server of the group, as the keeper knows it from probes, and what it can be told to do. */
export class Member {
  readonly name: string
  readonly host: string
  readonly port: number
  /** From 1 in the group. */
  readonly number: number
  /** The last answer, and when the question was sent (milliseconds of performance.now). */
  seen: Seen | undefined
  /** Probes in a row without an answer. */
  missed = MISSES
  /** False until the first question was answered, or could not be. */
  known = false
  /** Its port was closed at the last probe: its process has ended. */
  refused = false
  /** Something new has reached it between these two questions, the last in which that was found. */
  news = { after: 0, by: 0 }
  readonly #dialect: Dialect
  readonly #onLost: () => void
  readonly #probes: KeptConnection
  readonly #commands: KeptConnection
  #askedAt: number | undefined

  constructor({ name, ...place }: MemberAddress, number: number, { dialect, password, onLost }: MemberParts) {
    this.name = name
    this.host = place.host
    this.port = place.port
    this.number = number
    this.#dialect = dialect
    this.#onLost = onLost
    this.#probes = new KeptConnection(place, password, onLost)
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

  /** To be called with each turn: an answer that is owed for too long is missed. */
  noteSilence(): void {
    if (this.#askedAt !== undefined && performance.now() - this.#askedAt > PROBE_DEADLINE_MS) this.missed += 1
  }

  /** Asks how it is unless it still owes an answer; never throws. While all is `calm` how it copies is not asked each time. */
  probe({ calm }: { calm: boolean }): void {
    if (this.#askedAt === undefined) void this.#ask(performance.now(), calm)
  }

  async #ask(askedAt: number, calm: boolean): Promise<void> {
    this.#askedAt = askedAt
    const { copyingAskedAt = Number.NEGATIVE_INFINITY } = this.seen ?? {}
    const briefly = calm && this.#probes.isOpen && askedAt - copyingAskedAt < ASK_COPYING_EVERY_MS
    try {
      this.#note(await (briefly ? this.#observeState(askedAt) : this.#observe(this.#probes, askedAt, ABANDON_PROBE_MS)))
    } catch (error) {
      this.missed += 1
      this.refused = (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'
      this.#onLost()
    } finally {
      this.#askedAt = undefined
      this.known = true
    }
  }

  #note(seen: Seen): void {
    const [before, askedBefore = 0] = [this.received, this.seen?.askedAt]
    // A command that was carried out meanwhile has asked later.
    if (!this.seen || seen.askedAt > this.seen.askedAt) this.seen = seen
    // By when we hear of it: a replica that is slow itself speaks for as long.
    if (this.received > before) this.news = { after: askedBefore, by: performance.now() }
    // The first command of a failover should not have to wait for a log-in.
    if (this.missed >= MISSES) this.#commands.query('DO 0', STATEMENT_TIMEOUT_MS).catch(() => {})
    this.missed = 0
    this.refused = false
  }

  /** How it is now. Throws when it does not say. */
  async observe(): Promise<Observation> {
    this.seen = await this.#observe(this.#commands, performance.now(), STATEMENT_TIMEOUT_MS)
    return this.seen
  }

  async #observe(connection: KeptConnection, askedAt: number, timeoutMs: number): Promise<Seen> {
    const { stateQuery, copyingQuery, observation } = this.#dialect
    const [[state] = [], [copying] = []] = await connection.queries([stateQuery, copyingQuery], timeoutMs)
    return { ...observation(state ?? {}, copying), askedAt, copyingAskedAt: askedAt }
  }

  /** What it has carried out it had received, whatever it said of that before. */
  async #observeState(askedAt: number): Promise<Seen> {
    const [state = {}] = await this.#probes.query(this.#dialect.stateQuery, ABANDON_PROBE_MS)
    const observed = this.#dialect.observation(state, undefined)
    const { executed } = observed
    const { copying, copyingAskedAt = 0 } = this.seen ?? {}
    const received = copying && copying.received.transactions > executed.transactions ? copying.received : executed
    return { ...observed, ...(copying && { copying: { ...copying, received } }), askedAt, copyingAskedAt }
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
