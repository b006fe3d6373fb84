import { type Command, Redis, type RedisOptions } from 'ioredis'
import { noteTiming } from './explain.ts'
import { type RedisObserver, redisObserver } from './metrics.ts'

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
  #answeredAt = Number.NEGATIVE_INFINITY
  #closing = false
  #gathering = false

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
    if (!isHandshake) this.#observe(command)
    this.#bound(command)
    if (!isHandshake) this.#gather()
    return super.sendCommand(command, stream)
  }

  /** Not while it says goodbye to a server that hangs. */
  #isConnected(): boolean {
    return this.status === 'ready' && this.stream.writable
  }

  /** What is sent in one turn of the event loop leaves in one write: the system call costs more than all the rest of a command. */
  #gather(): void {
    if (this.#gathering) return
    this.#gathering = true
    const { stream } = this
    stream.cork()
    setImmediate(() => {
      this.#gathering = false
      stream.uncork()
    })
  }

  #refuse(command: Command): Promise<unknown> {
    this.#observer.failed('down')
    command.reject(new RedisDown(`${this.#bounds.name}: no connection`))
    return command.promise
  }

  /** ioredis has a `commandTimeout`, but a process that was stopped for a moment would find it expired before it has read the answer. */
  #bound(command: Command): void {
    const { resolve, reject } = command
    const sentAt = performance.now()
    const timer = setTimeout(() => setImmediate(() => this.#giveUp(command, sentAt)), this.#bounds.deadlineMs)
    command.resolve = (reply) => {
      clearTimeout(timer)
      if (!command.isSettled) this.#answeredAt = performance.now()
      return resolve.call(command, reply)
    }
    command.reject = (error) => {
      clearTimeout(timer)
      reject.call(command, this.#understood(error))
    }
  }

  /** With the connection, where nothing else has been answered in time since. */
  #giveUp(command: Command, sentAt: number): void {
    if (command.isSettled) return
    command.reject(new RedisDown(`${this.#bounds.name} did not answer within ${this.#bounds.deadlineMs} ms`))
    if (this.#answeredAt < sentAt && this.status === 'ready') this.disconnect(true)
  }

  #understood(error: Error): Error {
    if (error instanceof RedisDown || !meansDown(error)) return error
    return new RedisDown(`${this.#bounds.name}: ${error.message}`, { cause: error })
  }

  #observe(command: Command): void {
    const startedAt = performance.now()
    const note = () => {
      const milliseconds = performance.now() - startedAt
      noteTiming('redis', this.#bounds.name, milliseconds)
      this.#observer.answered(milliseconds)
    }
    // Handlers of a promise run in the context in which they were added: the timing reaches the request that asked.
    command.promise.then(
      () => {
        note()
        this.emit('answered')
      },
      (error: Error) => {
        note()
        this.#observer.failed(error instanceof RedisDown ? 'down' : 'refused')
        if (isRefusal(error)) this.emit('refused', error)
      },
    )
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
