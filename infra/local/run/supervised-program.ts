import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { killGroupOfEnded, requestEnd, signalGroup } from '../../process/process-group.ts'
import { identityOf, type ProcessIdentity } from '../../process/process-table.ts'
import { StartError } from '../../process/start-error.ts'
import type { Launch } from '../launch/launch.ts'
import { lastLines, logSize } from '../state/host-log.ts'
import type { Condition } from '../state/stage-state.ts'

/** More restarts than this within the window mean that another one would not help. */
const RESTART_BUDGET = 5
const RESTART_WINDOW_MS = 60_000
const FIRST_BACKOFF_MS = 20
const READY_POLL_MS = 40
const KILL_WAIT_MS = 5_000

type Watch = {
  /** Anything that the state file tells has changed. */
  changed(): void
  /** It was started again, and answers. */
  healed(pid: number): void
}

type Running = {
  readonly child: ChildProcess
  readonly identity: ProcessIdentity
  /** Size of the log when it was started, in bytes. */
  readonly logOffset: number
  readonly ended: Promise<string>
  /** Exit status or signal, once it has ended. */
  how?: string
}

/** One program and whoever takes its place: started, watched, started again within a budget, ended. */
export class SupervisedProgram {
  readonly name: string
  condition: Condition = 'starting'
  restarts = 0
  readonly #launch: Launch
  readonly #log: string
  readonly #watch: Watch
  #running: Running | undefined
  #stopping = false
  #restartTimes: number[] = []

  constructor(name: string, { launch, log, watch }: { launch: Launch; log: string; watch: Watch }) {
    this.name = name
    this.#launch = launch
    this.#log = log
    this.#watch = watch
  }

  get identity(): ProcessIdentity | undefined {
    return this.#running?.identity
  }

  /** Returns once it is ready; throws why it is not, with the last lines of its log. */
  async start(): Promise<void> {
    const running = this.#spawn()
    const failure = await this.#untilReady(running)
    if (failure !== undefined)
      throw new StartError([failure.text, ...lastLines(this.#log, running.logOffset).map((line) => `  ${line}`)].join('\n'))
    await this.#launch.afterReady?.()
    this.#settle(running)
  }

  /** TERM, wait, KILL of the whole group. Safe to call at any time, and again. */
  async stop(): Promise<void> {
    this.#stopping = true
    const running = this.#running
    if (!running) return
    requestEnd(running.identity)
    if (await endsWithin(running, this.#launch.stopWithinMs)) return
    signalGroup(running.identity, 'SIGKILL')
    await endsWithin(running, KILL_WAIT_MS)
  }

  #spawn(): Running {
    const { path, args, env } = this.#launch
    if (this.#stopping) throw new StartError(`${this.name} was stopped while it started`)
    const logOffset = logSize(this.#log)
    const log = openSync(this.#log, 'a', 0o600)
    const child = spawn(path, args, { detached: true, env, stdio: ['ignore', log, log], cwd: '/' })
    closeSync(log)
    const identity = (child.pid && identityOf(child.pid)) || { pid: child.pid ?? 0, startTime: 'gone' }
    const ended = endOf(child)
    const running: Running = { child, identity, logOffset, ended }
    this.#running = running
    void ended.then((how) => this.#noteEnd(running, how))
    this.#watch.changed()
    return running
  }

  #noteEnd(running: Running, how: string): void {
    running.how = how
    if (running.child.pid) killGroupOfEnded(running.child.pid)
    if (this.#running === running) this.#running = undefined
  }

  async #untilReady(running: Running): Promise<{ text: string; ended: boolean } | undefined> {
    const { readyWithinMs } = this.#launch
    const deadline = Date.now() + readyWithinMs
    let reason = 'it did not answer'
    while (Date.now() < deadline) {
      const missing = await Promise.race([this.#whatIsMissing(), running.ended])
      if (running.how !== undefined) return { text: `${this.name} ended while it started (${running.how})`, ended: true }
      if (missing === undefined) return undefined
      reason = missing
      await Promise.race([sleep(READY_POLL_MS), running.ended])
    }
    return { text: `${this.name} was not ready within ${readyWithinMs / 1000} s: ${reason}`, ended: false }
  }

  async #whatIsMissing(): Promise<string | undefined> {
    try {
      await this.#launch.ready()
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  }

  #settle(running: Running): void {
    this.condition = 'up'
    this.#watch.changed()
    running.ended.then((how) => this.#heal(how))
  }

  /** Starts it again until it stays, is stopped, or has used its budget up. */
  async #heal(how: string): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS
    while (!this.#stopping) {
      console.error(`${new Date().toISOString()} ${this.name} ended (${how})`)
      if (!this.#takeFromBudget()) return this.#give('down')
      this.#give('restarting')
      await sleep(backoffMs)
      backoffMs *= 4
      if (this.#stopping) return
      const running = this.#spawn()
      const failure = await this.#untilReady(running)
      // One that lives but is not ready may wait for its database: leave it.
      if (!failure?.ended) return this.#healed(running)
      how = failure.text
    }
  }

  #healed(running: Running): void {
    this.#watch.healed(running.identity.pid)
    this.#settle(running)
  }

  #give(condition: Condition): void {
    this.condition = condition
    if (condition === 'restarting') this.restarts += 1
    this.#watch.changed()
  }

  #takeFromBudget(): boolean {
    const now = Date.now()
    this.#restartTimes = this.#restartTimes.filter((time) => now - time < RESTART_WINDOW_MS)
    return this.#restartTimes.push(now) <= RESTART_BUDGET
  }
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
