import { identityOf } from '../../process/process-table.ts'
import type { OnProgress } from '../../servers/server-program.ts'
import { type Plan, type Program, storesIn } from '../../stage/plan.ts'
import type { HostSizer } from '../hosts/host-sizer.ts'
import type { LaunchMaker } from '../launch/launches.ts'
import { keepersOfStores, prepareShop } from '../launch/prepare-shop.ts'
import type { StageContext } from '../launch/stage-context.ts'
import { whenAll } from '../launch/when-all.ts'
import type { StageFiles } from '../state/data-folder.ts'
import { databaseUrl, portOf } from '../state/database-url.ts'
import { hostLog, limitLogs, rotateLog } from '../state/host-log.ts'
import { redisUrls } from '../state/redis-url.ts'
import type { Secrets } from '../state/secrets.ts'
import { type HostState, type ProgramState, type Seed, type StageState, writeState } from '../state/stage-state.ts'
import { ASK_EVERY_MS } from './heartbeat.ts'
import { endLeftovers } from './leftovers.ts'
import { SupervisedProgram } from './supervised-program.ts'

type Parts = {
  plan: Plan
  files: StageFiles
  secrets: Secrets
  onProgress: OnProgress
  sizer: HostSizer | undefined
  unsizedBecause: string | undefined
  makeLaunch: LaunchMaker
  unlock: () => void
}

const LIMIT_LOGS_EVERY_MS = 60_000

/** All programs of a stage that this process runs, and the state file that tells others about them. */
export class RunningStage {
  readonly #parts: Parts
  readonly #startedAt = new Date().toISOString()
  readonly #supervised = new Map<string, SupervisedProgram>()
  readonly #starting = new AbortController()
  readonly #logTimer = setInterval(() => this.#limitLogs(), LIMIT_LOGS_EVERY_MS).unref()
  /** One for all programs, so that a machine at rest wakes once. */
  readonly #lifeTimer = setInterval(() => this.#askPrograms(), ASK_EVERY_MS).unref()
  readonly #storesPrepared: StageContext['storesPrepared']
  #hosts: readonly HostState[]
  #seed: Seed | undefined
  #ready = false
  #stopped: Promise<void> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.#hosts = parts.plan.hosts.map(({ name }) => ({ name, sizeCpu: null }))
    const work = () => prepareShop(this.#context())
    this.#storesPrepared = whenAll(keepersOfStores(parts.plan), { work, signal: this.#starting.signal })
    this.#writeState()
  }

  get state(): StageState {
    const { plan, files, secrets, unsizedBecause } = this.#parts
    const runner = identityOf(process.pid) ?? { pid: process.pid, startTime: '' }
    return {
      stage: plan.stage,
      name: plan.name,
      url: plan.url,
      secretsFile: files.secrets,
      settings: plan.settings,
      startedAt: this.#startedAt,
      runner,
      ready: this.#ready,
      ...(unsizedBecause && { unsizedBecause }),
      ...(this.#seed && { seed: this.#seed }),
      programs: plan.programs.flatMap((program) => this.#programState(program)),
      hosts: this.#hosts,
      stores: storesIn(plan),
      databases: plan.programs
        .filter(({ kind }) => kind === 'mysql')
        .map(({ name }) => ({ name, url: databaseUrl(plan, name, secrets) })),
      redis: redisUrls(plan, secrets),
      bank: plan.programs
        .filter(({ kind }) => kind === 'bank')
        .map(({ name }) => `http://127.0.0.1:${portOf(plan, name)}`)
        .join(),
    }
  }

  /** Starts every program as soon as those that it comes after are ready. If one fails, the others are stopped by the caller. */
  async startPrograms(): Promise<void> {
    const { plan } = this.#parts
    const ready = new Map<string, Promise<void>>()
    for (const program of plan.programs) {
      const dependencies = program.after.map((name) => ready.get(name))
      ready.set(program.name, this.#startAfter(dependencies, program))
    }
    const { promise: stopped, reject } = Promise.withResolvers<never>()
    this.#starting.signal.addEventListener('abort', reject, { once: true })
    await Promise.race([Promise.all(ready.values()), stopped])
  }

  /** Limits each host of the stage's own; until now everything ran at full speed. */
  limitHosts(sizeCpu: number): void {
    const { plan, sizer } = this.#parts
    if (!sizer) return
    this.#hosts = plan.hosts.map(({ name, sized, programs }) => {
      if (!sized) return { name, sizeCpu: null }
      const leaders = programs.flatMap((program) => this.#supervised.get(program)?.identity?.pid ?? [])
      return { name, sizeCpu, cgroup: sizer.limit(name, sizeCpu, leaders) }
    })
    this.#writeState()
  }

  markReady(): void {
    this.#ready = true
    this.#writeState()
  }

  /** Ends every program after those that depend on it, then whatever else bears the stage's tag. Safe to call again. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    const { plan, files, sizer, unlock } = this.#parts
    this.#starting.abort()
    sizer?.lift()
    const stopped = new Map<string, Promise<void>>()
    for (const program of plan.programs.toReversed()) {
      const dependants = plan.programs.filter(({ after }) => after.includes(program.name)).map(({ name }) => stopped.get(name))
      stopped.set(
        program.name,
        Promise.all(dependants).then(() => this.#supervised.get(program.name)?.stop()),
      )
    }
    await Promise.all(stopped.values())
    clearInterval(this.#logTimer)
    clearInterval(this.#lifeTimer)
    await endLeftovers(files)
    await sizer?.remove()
    unlock()
  }

  async #startAfter(dependencies: (Promise<void> | undefined)[], program: Program): Promise<void> {
    const { plan, files, sizer, makeLaunch, onProgress } = this.#parts
    const launch = await this.#unlessStopped(makeLaunch(program, this.#context()))
    await Promise.all(dependencies)
    this.#starting.signal.throwIfAborted()
    const startedAt = Date.now()
    const log = hostLog(files.logs, program.host)
    if (![...this.#supervised.keys()].some((name) => this.#hostOf(name) === program.host)) rotateLog(log)
    const supervised = new SupervisedProgram(program.name, {
      launch,
      log,
      place: (command) => sizer?.wrap(program.host, command) ?? command,
      changed: () => this.#writeState(),
      restarts: plan.settings.supervision === 'on',
    })
    this.#supervised.set(program.name, supervised)
    await supervised.start()
    onProgress(`${program.name} is ready (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`)
  }

  async #unlessStopped<Value>(work: Promise<Value>): Promise<Value> {
    const value = await work
    this.#starting.signal.throwIfAborted()
    return value
  }

  #context(): StageContext {
    const { plan, files, secrets, onProgress } = this.#parts
    const onSeed = (seed: Seed) => {
      this.#seed = seed
      onProgress(`the shop holds ${seed.products} products and ${seed.users} users`)
      this.#writeState()
    }
    return { plan, files, secrets, onProgress, signal: this.#starting.signal, onSeed, storesPrepared: this.#storesPrepared }
  }

  #hostOf(name: string): string | undefined {
    return this.#parts.plan.programs.find((program) => program.name === name)?.host
  }

  #programState(program: Program): ProgramState[] {
    const { name, kind, host, port } = program
    const supervised = this.#supervised.get(name)
    if (!supervised) return []
    const { pid, startTime } = supervised.identity ?? { pid: 0, startTime: '' }
    const role = program.kind === 'redis' ? { role: program.role, ...(program.cluster && { shard: program.cluster.shard }) } : {}
    const { restarts, condition, silentSince } = supervised
    const silence = silentSince === undefined ? {} : { silentSince: silentSince.toISOString() }
    return [{ name, kind, ...role, host, pid, startTime, port, restarts, condition, ...silence }]
  }

  #askPrograms(): void {
    for (const supervised of this.#supervised.values()) void supervised.ask()
  }

  /** Nor may a full disk, on which no older log can be kept. */
  #limitLogs(): void {
    try {
      limitLogs(this.#parts.files.logs)
    } catch (error) {
      console.error(`${new Date().toISOString()} the logs could not be limited: ${(error as Error).message}`)
    }
  }

  /** A full disk must not end a stage that serves: the programs' tags still find them. */
  #writeState(): void {
    try {
      writeState(this.#parts.files.state, this.state)
    } catch (error) {
      console.error(`${new Date().toISOString()} the state file could not be written: ${(error as Error).message}`)
    }
  }
}
