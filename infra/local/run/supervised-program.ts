import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from '../../process/command.ts'
import { killGroupOfEnded, requestEnd, signalGroup } from '../../process/process-group.ts'
import { identityOf, type ProcessIdentity } from '../../process/process-table.ts'
import { StartError } from '../../process/start-error.ts'
import type { Launch } from '../launch/launch.ts'
import { lastLines, logSize } from '../state/host-log.ts'
import type { Condition } from '../state/stage-state.ts'
import { failureOf, Heartbeat } from './heartbeat.ts'
import { RestartPace } from './restart-pace.ts'

const READY_POLL_MS = 40
/** Of one that answers, but waits for another program. */
const WAITING_POLL_MS = 500
const KILL_WAIT_MS = 5_000
/** Of one that was never ready: it has nothing to finish, and a MariaDB that is told to end while it starts may not hear it. */
const STARTING_STOP_MS = 2_000
/** Of the time that a start may take. */
const MOST_DOUBLINGS = 4

export type SupervisedParts = {
  readonly launch: Launch
  readonly log: string
  /** The command as it must be started on its host now. */
  place(command: Command): Command
  /** Anything that the state file tells has changed. */
  changed(): void
  /** False leaves what has ended or hangs as it is. */
  readonly restarts: boolean
}

type Running = {
  readonly child: ChildProcess
  readonly identity: ProcessIdentity
  /** Size of the log when it was started, in bytes. */
  readonly logOffset: number
  readonly ended: Promise<string>
  readonly heartbeat: Heartbeat
  /** Exit status or signal, once it has ended. */
  how?: string
}

type Failure = { readonly text: string; readonly ended: boolean }

/** One program and whoever takes its place: started, watched, started again when it ends or hangs, ended. */
export class SupervisedProgram {
  readonly name: string
  condition: Condition = 'starting'
  restarts = 0
  #parts: SupervisedParts
  readonly #stopping = new AbortController()
  #running: Running | undefined
  readonly #pace = new RestartPace()

  constructor(name: string, parts: SupervisedParts) {
    this.name = name
    this.#parts = parts
  }

  get identity(): ProcessIdentity | undefined {
    return this.#running?.identity
  }

  /** When it last answered, if it owes an answer. */
  get silentSince(): Date | undefined {
    return this.#running?.heartbeat.silentSince
  }

  /** Returns once it is ready; throws why it is not, with the last lines of its log. */
  async start(): Promise<void> {
    const { launch, log } = this.#parts
    const running = this.#spawn()
    const failure = await this.#untilReady(running, { withinMs: launch.readyWithinMs, everyMs: READY_POLL_MS })
    if (failure !== undefined)
      throw new StartError([failure.text, ...lastLines(log, running.logOffset).map((line) => `  ${line}`)].join('\n'))
    await launch.afterReady?.()
    this.#watch(running)
  }

  /** TERM, wait, KILL of the whole group. Safe to call at any time, and again. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    const running = this.#running
    if (!running) return
    const { stopWithinMs } = this.#parts.launch
    const withinMs = running.heartbeat.hasBegun ? stopWithinMs : Math.min(stopWithinMs, STARTING_STOP_MS)
    requestEnd(running.identity)
    if (await endsWithin(running, withinMs)) return
    signalGroup(running.identity, 'SIGKILL')
    await endsWithin(running, KILL_WAIT_MS)
  }

  /** How it is started from the next time on. */
  startAs(launch: Launch): void {
    this.#parts = { ...this.#parts, launch }
  }

  /** Asks whether it lives. One that has been silent for too long is ended, and then started again like any other that ended. */
  async ask(): Promise<void> {
    const running = this.#running
    if (!running?.heartbeat.hasBegun || this.#isStopping) return
    const { answers } = this.#parts.launch
    const { changed, lostBecause } = await running.heartbeat.ask(answers)
    if (running !== this.#running || this.#isStopping) return
    if (changed) this.#parts.changed()
    if (lostBecause === undefined || !this.#parts.restarts) return
    tell(`${this.name} has not answered since ${this.silentSince?.toISOString()} (${lostBecause}): it is ended`)
    // No CONT: one that was stopped would wake, and carry out what nobody waits for any more.
    signalGroup(running.identity, 'SIGKILL')
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted
  }

  #spawn(): Running {
    const { launch, log: file, place } = this.#parts
    if (this.#isStopping) throw new StartError(`${this.name} was stopped while it started`)
    const logOffset = logSize(file)
    const log = openSync(file, 'a', 0o600)
    const { path, args, env } = place(launch)
    const child = spawn(path, args, { detached: true, env, stdio: ['ignore', log, log], cwd: '/' })
    closeSync(log)
    const identity = (child.pid && identityOf(child.pid)) || { pid: child.pid ?? 0, startTime: 'gone' }
    const ended = endOf(child)
    const running: Running = { child, identity, logOffset, ended, heartbeat: new Heartbeat() }
    this.#running = running
    void ended.then((how) => this.#noteEnd(running, how))
    this.#parts.changed()
    return running
  }

  #noteEnd(running: Running, how: string): void {
    running.how = how
    if (running.child.pid) killGroupOfEnded(running.child.pid)
    if (this.#running === running) this.#running = undefined
  }

  async #untilReady(
    running: Running,
    { withinMs, everyMs }: { withinMs: number; everyMs: number },
  ): Promise<Failure | undefined> {
    const deadline = Date.now() + withinMs
    let reason = 'it did not answer'
    while (Date.now() < deadline) {
      const missing = await Promise.race([failureOf(this.#parts.launch.ready), running.ended])
      if (running.how !== undefined) return { text: `${this.name} ended while it started (${running.how})`, ended: true }
      if (missing === undefined) return undefined
      reason = missing
      await Promise.race([sleep(everyMs), running.ended])
    }
    return { text: `${this.name} was not ready within ${withinMs / 1000} s: ${reason}`, ended: false }
  }

  #watch(running: Running): void {
    running.heartbeat.begin()
    this.#give('up')
    running.ended.then((how) => this.#heal(how))
  }

  /** Starts it again until it stays, or is stopped. */
  async #heal(how: string): Promise<void> {
    if (!this.#parts.restarts) return this.#leave(how)
    for (let tries = 0; !this.#isStopping; tries++) {
      await this.#pause(tries, how)
      if (this.#isStopping) return
      this.restarts += 1
      this.condition = 'waiting'
      const failure = await this.#tryAgain(tries)
      if (failure === undefined) return
      how = failure
    }
  }

  /** Answers why it is not back. What keeps it from being started, a full disk or too many open files, may go away. */
  async #tryAgain(tries: number): Promise<string | undefined> {
    try {
      const running = this.#spawn()
      const failure = await this.#untilBack(running, tries)
      if (failure !== undefined) return failure
      tell(`${this.name} was started again as process ${running.identity.pid}`)
      this.#watch(running)
    } catch (error) {
      return (error as Error).message
    }
  }

  async #pause(tries: number, how: string): Promise<void> {
    const { pauseMs, isTooOften } = this.#pace.next(tries)
    tell(`${this.name} ended (${how})${isTooOften ? `, too often: it is started again in ${pauseMs / 1_000} s` : ''}`)
    this.#give(isTooOften ? 'down' : 'restarting')
    await sleep(pauseMs, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }

  /**
   * Answers why it is not back; undefined when it is. One that answers may wait for its database: it is let wait. One that does not is
   * ended, and the next gets twice the time, as a database may have more to recover than fits.
   */
  async #untilBack(running: Running, tries: number): Promise<string | undefined> {
    const { readyWithinMs, answers } = this.#parts.launch
    const withinMs = readyWithinMs * 2 ** Math.min(tries, MOST_DOUBLINGS)
    let failure = await this.#untilReady(running, { withinMs, everyMs: READY_POLL_MS })
    while (failure && !failure.ended) {
      if (!running.heartbeat.hasBegun && (await failureOf(answers)) !== undefined) return this.#end(running, failure.text)
      running.heartbeat.begin()
      failure = await this.#untilReady(running, { withinMs: readyWithinMs, everyMs: WAITING_POLL_MS })
    }
    return failure?.text
  }

  async #end(running: Running, why: string): Promise<string> {
    signalGroup(running.identity, 'SIGKILL')
    await running.ended
    return why
  }

  #give(condition: Condition): void {
    this.condition = condition
    this.#parts.changed()
  }

  #leave(how: string): void {
    tell(`${this.name} ended (${how})`)
    this.#give('down')
  }
}

function tell(line: string): void {
  console.error(`${new Date().toISOString()} ${line}`)
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (status, signal) => resolve(signal ?? `exit status ${status}`))
  })
}

function endsWithin(running: Running, withinMs: number): Promise<boolean> {
  const expiry = new AbortController()
  const late = sleep(withinMs, false, { signal: expiry.signal }).catch(() => false)
  return Promise.race([running.ended.then(() => true), late]).finally(() => expiry.abort())
}
