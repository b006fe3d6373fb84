import { type Command, Redis, type RedisOptions } from 'ioredis'
import { requestTimings } from '../http/explain.ts'
import { type RedisObserver, redisObserver } from '../http/metrics.ts'

export type Bounds = {
  /** What reports call it. */
  readonly name: string
  /** Longest wait for an answer, in milliseconds. */
  readonly deadlineMs: number
  /** Between attempts to connect. */
  readonly retryMs: number
}

/** Redis did not take the command, or did not say whether it did: whoever asked goes on without Redis, or answers 503. */
export class RedisDown extends Error {
  override readonly name = 'RedisDown'
}

/** Answers come in the shapes that all versions of Redis give. */
export type Options = Omit<RedisOptions, 'replyMapping'>

/** A command on its way; `sentAt` is when it left, in milliseconds of performance.now. */
type Asked = { readonly command: Command; sentAt: number }
type Done = (milliseconds: number, error?: Error) => void

/** From a polite goodbye to a server that hangs until the connection is destroyed. */
const DISCONNECT_TIMEOUT_MS = 50

/**
 * An ioredis on which every wait has a deadline, and which sends no command twice. Its connection is its breaker: without one,
 * commands are refused at once; each attempt to connect is a probe, and a server that hangs or is too slow fails it.
 * Emits `refused` with the error when a server that is there does not do what it was asked, and `answered` when one does.
 */
export class BoundedRedis extends Redis {
  readonly #bounds: Bounds
  readonly #observer: RedisObserver
  /** Those that nobody has looked at since, the oldest first; answered ones are among them. */
  #asked: Asked[] = []
  #gathered: Asked[] = []
  #isWatched = false
  #answeredAt = Number.NEGATIVE_INFINITY
  #closing = false

  constructor(bounds: Bounds, options: Options) {
    super(boundedOptions(bounds, options))
    this.#bounds = bounds
    this.#observer = redisObserver(bounds.name)
    this.on('end', () => this.#revive())
    this.#keepConnecting()
  }

  /** For good; commands under way are rejected. Who belongs to the client hears of it by the event `closed`. */
  close(): void {
    this.#closing = true
    this.emit('closed')
    this.disconnect()
  }

  override sendCommand(command: Command, stream?: Parameters<Redis['sendCommand']>[1]): unknown {
    const isHandshake = HANDSHAKE.has(command.name)
    if (!isHandshake && !this.#isConnected()) return this.#refuse(command)
    const asked: Asked = { command, sentAt: performance.now() }
    this.#asked.push(asked)
    this.#watch()
    if (isHandshake) this.#bound(asked)
    else this.#gather(this.#observe(asked))
    return super.sendCommand(command, stream)
  }

  /** Not while it says goodbye to a server that hangs. */
  #isConnected(): boolean {
    return this.status === 'ready' && this.stream.writable
  }

  /** What is sent in one turn of the event loop leaves in one write: the system call costs more than all the rest of a command. */
  #gather(asked: Asked): void {
    this.#gathered.push(asked)
    if (this.#gathered.length > 1) return
    const { stream } = this
    stream.cork()
    setImmediate(() => {
      // The server cannot answer before: a process that was stopped meanwhile has nobody to blame.
      const now = performance.now()
      for (const left of this.#gathered) left.sentAt = now
      this.#gathered = []
      stream.uncork()
    })
  }

  #refuse(command: Command): Promise<unknown> {
    this.#observer.failed('down')
    command.reject(new RedisDown(`${this.#bounds.name}: no connection`))
    return command.promise
  }

  #bound(asked: Asked, done: Done = () => {}): Asked {
    const { command } = asked
    const { resolve, reject } = command
    command.resolve = (reply) => {
      const now = performance.now()
      if (!command.isSettled) this.#answeredAt = now
      done(now - asked.sentAt)
      return resolve.call(command, reply)
    }
    command.reject = (error) => {
      const understood = this.#understood(error)
      done(performance.now() - asked.sentAt, understood)
      reject.call(command, understood)
    }
    return asked
  }

  #observe(asked: Asked): Asked {
    // The answer comes in the socket's async context, where nobody knows the request any more.
    const note = requestTimings()
    let isDone = false
    return this.#bound(asked, (milliseconds, error) => {
      if (isDone) return
      isDone = true
      note('redis', this.#bounds.name, milliseconds)
      this.#observer.answered(milliseconds)
      if (!error) return void this.emit('answered')
      // ioredis sends it again, with the script's text (R14).
      if (error.message.startsWith('NOSCRIPT')) return
      this.#observer.failed(error instanceof RedisDown ? 'down' : 'refused')
      if (isRefusal(error)) this.emit('refused', error)
    })
  }

  /** ioredis has a `commandTimeout`, but a process that was stopped for a moment would find it expired before it has read the answer. */
  #watch(): void {
    if (this.#isWatched) return
    this.#isWatched = true
    const [oldest] = this.#asked
    const waited = oldest ? performance.now() - oldest.sentAt : 0
    const giveUpLate = () => {
      const lateSince = performance.now() - this.#bounds.deadlineMs
      setImmediate(() => this.#giveUpLate(lateSince))
    }
    setTimeout(giveUpLate, Math.max(1, this.#bounds.deadlineMs - waited))
  }

  /** `lateSince`: sent before that, and its answer may have been read since. */
  #giveUpLate(lateSince: number): void {
    this.#isWatched = false
    const waiting = this.#asked.filter(({ command }) => !command.isSettled)
    this.#asked = waiting.filter(({ sentAt }) => sentAt > lateSince)
    for (const asked of waiting) if (asked.sentAt <= lateSince) this.#giveUp(asked)
    if (this.#asked.length > 0) this.#watch()
  }

  /** With the connection, where nothing else has been answered in time since. */
  #giveUp({ command, sentAt }: Asked): void {
    command.reject(new RedisDown(`${this.#bounds.name} did not answer within ${this.#bounds.deadlineMs} ms`))
    if (this.#answeredAt < sentAt && this.status === 'ready') this.disconnect(true)
  }

  #understood(error: Error): Error {
    if (error instanceof RedisDown || !meansDown(error)) return error
    return new RedisDown(`${this.#bounds.name}: ${error.message}`, { cause: error })
  }

  #keepConnecting(): void {
    this.connect().catch(() => {}) // The event `error` tells it.
  }

  /** ioredis gives up for good when it is disconnected while it asks a Sentinel. */
  #revive(): void {
    if (!this.#closing) setTimeout(() => !this.#closing && this.#keepConnecting(), this.#bounds.retryMs)
  }
}

function boundedOptions({ deadlineMs, retryMs }: Bounds, options: Options): Options {
  return {
    ...options,
    connectTimeout: deadlineMs,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    retryStrategy: () => retryMs,
    // A command that may have been done is not done again; the caller hears of it and decides.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // Nothing waits for a connection: who asks has something better to do, and a queue would have no end.
    enableOfflineQueue: false,
    disableClientInfo: true,
    lazyConnect: true,
  }
}

const HANDSHAKE = new Set(['hello', 'auth', 'client', 'info', 'select'])

/** Answers by which a server says that it cannot do its work now; any other is a mistake in the command. */
const DOWN_REPLIES = /^(?:LOADING|MASTERDOWN|READONLY|NOREPLICAS|MISCONF|OOM|CLUSTERDOWN|TRYAGAIN|UNBLOCKED)\b/

function meansDown(error: Error): boolean {
  return error.name !== 'ReplyError' || DOWN_REPLIES.test(error.message)
}

/** The server is there and does not do as it is asked; or does not answer, on a connection that is open. */
function isRefusal(error: Error): boolean {
  if (!(error instanceof RedisDown)) return error.message.startsWith('NOPERM')
  return !(error.cause instanceof Error) || error.cause.name === 'ReplyError'
}
