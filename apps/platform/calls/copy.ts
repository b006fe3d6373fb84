/**
 * One copy of a service, and whether it takes requests. That it is dead a connection says at once; that it hangs nobody says, so what waits
 * for long makes us ask it whether it lives. At rest nobody asks anything.
 */
import { type Dispatcher, errors, Pool } from 'undici'
import type { Control } from './control.ts'

export type Place = { readonly name: string; readonly url: string }
export type Sent = {
  readonly method: Dispatcher.HttpMethod
  readonly path: string
  readonly headers: Record<string, string>
  readonly body?: Buffer | string
}
export type Answered = Dispatcher.ResponseData
/** `givesUpSilent`: whether who waits asks the copy whether it lives, and lets it go where there is no word. */
export type Patience = { readonly patienceMs: number; readonly givesUpSilent?: boolean }

/** To one copy, as many as it works on at once; the next ones wait here for their turn … */
const CONNECTIONS = 64
/** … up to so many in all. */
export const MOST_AT_ONCE = 256
const CONNECT_TIMEOUT_MS = 500
/** An answer that takes longer is none of the usual: then, and as often again, the copy is asked whether it lives; with its patience that is told within a second. */
const SUSPECT_EVERY_MS = 300
const LOOK_AGAIN_MS = 200
const ALIVE = '/health/accepting'

/** What a copy says of itself: that it takes requests, that it takes none (any more, or yet), or nothing. */
type Word = 'takes' | 'declines' | 'silent'

/** It hangs, or has died with our request in its hands. */
export class CopyDown extends Error {
  override readonly name = 'CopyDown'
}

export class Copy {
  readonly name: string
  readonly #pool: Pool
  readonly #probes: Pool
  readonly #patienceMs: number
  readonly #givesUpSilent: boolean
  readonly #underWay = new Set<Control>()
  #clock: NodeJS.Timeout | undefined
  #lookAt = Number.POSITIVE_INFINITY
  #asking = false
  #isUp = true
  /** As far as we know by now, and only where it is not up. */
  #isSilent = false
  #isClosed = false
  #whenIdle: (() => void) | undefined

  constructor({ name, url }: Place, { patienceMs, givesUpSilent = true }: Patience) {
    this.name = name
    this.#patienceMs = patienceMs
    this.#givesUpSilent = givesUpSilent
    const limits = { connect: { timeout: CONNECT_TIMEOUT_MS }, headersTimeout: 0, bodyTimeout: 0 }
    this.#pool = new Pool(url, { ...limits, connections: CONNECTIONS })
    this.#probes = new Pool(url, { ...limits, connections: 1 })
  }

  get isUp(): boolean {
    return this.#isUp
  }

  get underWay(): number {
    return this.#underWay.size
  }

  /** Until the answer's headers are here; who reads its body reads it under the same signal. Aborting `control` breaks it off. */
  async send(sent: Sent, control: Control): Promise<Answered> {
    this.#underWay.add(control)
    this.#watch(control)
    try {
      if (control.reason) throw control.reason
      const answer = await this.#pool.request({ ...sent, signal: control })
      if (answer.headers.connection === 'close') this.#rest()
      return answer
    } catch (error) {
      if (wasNotSent(error)) this.#rest()
      else if (isCutOff(error)) void this.#suspect()
      throw control.reason ?? error
    } finally {
      control.suspectAt = Number.POSITIVE_INFINITY
    }
  }

  /** To be called when nothing of the answer is outstanding. */
  done(control: Control): void {
    this.#underWay.delete(control)
    if (this.#underWay.size === 0) this.#whenIdle?.()
  }

  /** It gets nothing new from now on. Returns when it has ended what it had from us. */
  async leave(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#whenIdle = resolve
    if (this.#underWay.size > 0) await promise
    await this.close()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([this.#pool.destroy(), this.#probes.destroy()])
  }

  #watch(control: Control): void {
    if (this.#givesUpSilent) control.suspectAt = control.sentAt + SUSPECT_EVERY_MS
    this.#lookBy(Math.min(control.suspectAt, control.endsAt))
  }

  /** One timer for all that is under way, set for the first that may be due: one for each would be set for nothing with nearly every call. */
  #lookBy(dueAt: number): void {
    if (dueAt >= this.#lookAt) return
    clearTimeout(this.#clock)
    this.#lookAt = dueAt
    this.#clock = setTimeout(() => this.#look(), Math.ceil(dueAt - performance.now())).unref()
  }

  #look(): void {
    this.#lookAt = Number.POSITIVE_INFINITY
    const now = performance.now()
    let nextAt = Number.POSITIVE_INFINITY
    for (const control of this.#underWay) {
      if (now >= control.endsAt) control.abort(this.#late(control))
      else {
        if (now >= control.suspectAt) this.#doubt(control, now)
        nextAt = Math.min(nextAt, control.suspectAt, control.endsAt)
      }
    }
    if (nextAt < Number.POSITIVE_INFINITY) this.#lookBy(nextAt)
  }

  /** While the answer has not begun. Where it is known to be silent already, as long a wait as would show that is enough. */
  #doubt(control: Control, now: number): void {
    control.suspectAt = now + SUSPECT_EVERY_MS
    // If it was we who had no breath, what has come meanwhile is read first.
    const letGo = () => setImmediate(() => isWaiting(control) && this.#isSilent && control.abort(this.#down()))
    if (this.#isSilent && now - control.sentAt >= this.#patienceMs) letGo()
    else void this.#suspect()
  }

  async #suspect(): Promise<void> {
    if (this.#asking || !this.#isUp) return
    this.#asking = true
    const word = await this.#ask()
    if (word === 'silent') this.#lose()
    else if (word === 'declines') this.#rest()
    this.#asking = false
  }

  /** What it has in its hands it has lost, as far as we can tell. */
  #lose(): void {
    if (!this.#isUp) return
    this.#rest()
    this.#isSilent = true
    for (const control of this.#underWay) control.abort(this.#down())
  }

  #late({ withinMs }: Control): Error {
    return new Error(`${this.name} did not answer within ${withinMs} ms`)
  }

  #down(): CopyDown {
    return new CopyDown(`${this.name} does not answer`)
  }

  /** It gets nothing new until it takes requests again; what it works on it may end. */
  #rest(): void {
    if (!this.#isUp || this.#isClosed) return
    this.#isUp = false
    this.#lookAgain()
  }

  #lookAgain(): void {
    const look = async () => {
      if (this.#isClosed) return
      const word = await this.#ask()
      this.#isSilent = word === 'silent'
      if (word === 'takes') this.#isUp = true
      else this.#lookAgain()
    }
    setTimeout(() => void look(), LOOK_AGAIN_MS).unref()
  }

  async #ask(): Promise<Word> {
    const impatience = new AbortController()
    // If it was we who had no breath, what has come meanwhile is read first.
    const timer = setTimeout(() => setImmediate(() => impatience.abort()), this.#patienceMs)
    try {
      const { statusCode, body } = await this.#probes.request({ method: 'GET', path: ALIVE, signal: impatience.signal })
      await body.dump()
      return statusCode === 200 ? 'takes' : 'declines'
    } catch (error) {
      // Who closes his port, or the connection that is asked on, may still end what he has; and what one who is dead had, the connections have told.
      return isCutOff(error) || codeOf(error) === REFUSED ? 'declines' : 'silent'
    } finally {
      clearTimeout(timer)
    }
  }
}

/** For an answer to begin. */
function isWaiting({ suspectAt }: Control): boolean {
  return suspectAt < Number.POSITIVE_INFINITY
}

/** There was no connection: the request has not left us. */
export function wasNotSent(error: unknown): boolean {
  return error instanceof errors.ConnectTimeoutError || NO_CONNECTION.has(String(codeOf(error)))
}

const REFUSED = 'ECONNREFUSED'
/** Nothing listens there; or a container is gone, and with it its name or its address. */
const NO_CONNECTION: ReadonlySet<string> = new Set([REFUSED, 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

function isCutOff(error: unknown): boolean {
  return error instanceof errors.SocketError || codeOf(error) === 'ECONNRESET'
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
