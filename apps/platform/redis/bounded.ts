import { Command, Redis, type RedisOptions } from 'ioredis'
import { type NoteTiming, requestTimings } from '../http/explain.ts'
import { type RedisObserver, redisObserver } from '../http/metrics.ts'
import { type Asked as Awaited, deadlines } from '../process/deadlines.ts'
import { type Beginning, beginPart, type Span } from '../process/span.ts'
import type { Argument, RedisServer } from './client.ts'
import { RedisCommands } from './commands.ts'
import { isDetour, isRefusal, RedisDown, understood } from './redis-down.ts'

export type Bounds = {
  /** What reports call it. */
  readonly name: string
  /** Longest wait for an answer, in milliseconds. */
  readonly deadlineMs: number
  /** Between attempts to connect. */
  readonly retryMs: number
}

type Asked = Awaited & { readonly command: Command }

/** Answers come in the shapes that all versions of Redis give. */
export type Options = Omit<RedisOptions, 'replyMapping'>

/** From a polite goodbye to a server that hangs until the connection is destroyed. */
const DISCONNECT_TIMEOUT_MS = 50
/** From a connection to its first command are several round trips; a server that hangs answers none. */
const HANDSHAKE_DEADLINES = 2

/**
 * Every wait for this Redis has a deadline, and no command is sent twice. Its connection is its breaker: without one, commands are
 * refused at once; each attempt to connect is a probe, and a server that hangs or is too slow fails it.
 */
export class BoundedRedis extends RedisCommands {
  readonly #bounds: Bounds
  readonly #redis: Redis
  readonly #observer: RedisObserver
  readonly #deadlines: ReturnType<typeof deadlines<Asked>>
  #gathered: Asked[] = []
  #answeredAt = Number.NEGATIVE_INFINITY
  #closing = false

  constructor(bounds: Bounds, options: Options) {
    super()
    this.#bounds = bounds
    this.#observer = redisObserver(bounds.name)
    // ioredis has a `commandTimeout`, but a process that was stopped for a moment would find it expired before it has read the answer.
    this.#deadlines = deadlines(bounds.deadlineMs, (asked) => this.#giveUp(asked))
    this.#redis = new Redis(boundedOptions(bounds, options))
    this.#redis.on('connect', () => this.#boundHandshake())
    this.#redis.on('ready', () => this.emit('ready'))
    this.#redis.on('close', () => this.emit('close'))
    this.#redis.on('error', (error: Error) => this.emit('unreachable', error))
    this.#redis.on('end', () => this.#revive())
    this.#keepConnecting()
  }

  get status(): string {
    return this.#redis.status
  }

  /** Of the server that it is connected to. */
  get port(): number | undefined {
    const { status, stream } = this.#redis
    return status === 'ready' || status === 'connect' ? stream.remotePort : undefined
  }

  servers(): readonly RedisServer[] {
    return [this]
  }

  /** There is no other. */
  serverOf(): RedisServer {
    return this
  }

  ask<Reply>(name: string, args: readonly Argument[], replyEncoding: 'utf8' | null = 'utf8'): Promise<Reply> {
    return this.sendCommand(new Command(name, args as Argument[], { replyEncoding }))
  }

  sendCommand(command: Command): Command['promise'] {
    if (this.#isConnected()) this.#send(command)
    else this.#refuse(command)
    return command.promise
  }

  /** Leaves this connection for a new one. */
  reconnect(): void {
    this.#redis.disconnect(true)
  }

  close(): void {
    this.#closing = true
    this.emit('closed')
    this.#redis.disconnect()
  }

  /** Not while it says goodbye to a server that hangs. */
  #isConnected(): boolean {
    return this.#redis.status === 'ready' && this.#redis.stream.writable
  }

  #refuse(command: Command): void {
    this.#observer.failed('down')
    command.reject(new RedisDown(`${this.#bounds.name}: no connection`))
  }

  #send(command: Command): void {
    const asked: Asked = { command, sentAt: performance.now(), isDone: false }
    this.#deadlines.add(asked)
    this.#observe(asked)
    this.#gather(asked)
    this.#redis.sendCommand(command)
  }

  /** What is sent in one turn of the event loop leaves in one write: the system call costs more than all the rest of a command. */
  #gather(asked: Asked): void {
    this.#gathered.push(asked)
    if (this.#gathered.length > 1) return
    const { stream } = this.#redis
    stream.cork()
    setImmediate(() => {
      // The server cannot answer before: a process that was stopped meanwhile has nobody to blame.
      const now = performance.now()
      for (const left of this.#gathered) left.sentAt = now
      this.#gathered = []
      stream.uncork()
    })
  }

  #observe(asked: Asked): void {
    const { command } = asked
    const { resolve, reject } = command
    // The answer comes in the socket's async context, where nobody knows the request any more.
    const note = requestTimings()
    const span = beginPart(() => commandSpan(this.#bounds.name, command))
    command.resolve = (reply) => {
      const now = performance.now()
      if (!command.isSettled) this.#answeredAt = now
      if (this.#isFirst(asked, note, now)) this.#noteAnswer(span)
      return resolve.call(command, reply)
    }
    command.reject = (error) => {
      const reason = understood(this.#bounds.name, error)
      if (this.#isFirst(asked, note, performance.now())) this.#noteFailure(reason, span)
      reject.call(command, reason)
    }
  }

  /** Of what becomes of a command the first counts. */
  #isFirst(asked: Asked, note: NoteTiming, now: number): boolean {
    if (!this.#deadlines.answered(asked)) return false
    const milliseconds = now - asked.sentAt
    note('redis', this.#bounds.name, milliseconds)
    this.#observer.answered(milliseconds)
    return true
  }

  #noteAnswer(span: Span | undefined): void {
    span?.end()
    this.emit('answered')
  }

  #noteFailure(error: Error, span: Span | undefined): void {
    span?.end(error)
    if (isDetour(error)) return
    this.#observer.failed(error instanceof RedisDown ? 'down' : 'refused')
    if (isRefusal(error)) this.emit('refused', error)
  }

  /** With the connection, where nothing else has been answered in time since. */
  #giveUp({ command, sentAt }: Asked): void {
    const { name, deadlineMs } = this.#bounds
    command.reject(new RedisDown(`${name} did not answer within ${deadlineMs} ms`))
    if (this.#answeredAt < sentAt && this.#redis.status === 'ready') this.reconnect()
  }

  #boundHandshake(): void {
    const { stream } = this.#redis
    const giveUp = () => {
      if (this.#redis.status === 'connect' && this.#redis.stream === stream) this.reconnect()
    }
    // Its answer may have been read by then, by a process that was stopped for a moment.
    setTimeout(() => setImmediate(giveUp), HANDSHAKE_DEADLINES * this.#bounds.deadlineMs).unref()
  }

  #keepConnecting(): void {
    this.#redis.connect().catch(() => {}) // The event `error` tells it.
  }

  /** ioredis gives up for good when it is disconnected while it asks a Sentinel. */
  #revive(): void {
    if (!this.#closing) setTimeout(() => !this.#closing && this.#keepConnecting(), this.#bounds.retryMs)
  }
}

/** What it is, and not of which key: a session's has a secret in it. */
function commandSpan(server: string, { name }: Command): Beginning {
  return { name: name.toUpperCase(), kind: 'client', attributes: { 'db.system.name': 'redis', 'server.address': server } }
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
