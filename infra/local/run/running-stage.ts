import type { OnProgress } from '../../servers/server-program.ts'
import type { Plan, Program } from '../../stage/plan.ts'
import type { HostSizer } from '../hosts/host-sizer.ts'
import type { LaunchMaker } from '../launch/launches.ts'
import { keepersOfStores, prepareShop } from '../launch/prepare-shop.ts'
import type { StageContext } from '../launch/stage-context.ts'
import { whenAll } from '../launch/when-all.ts'
import { writeCopies } from '../state/copies-file.ts'
import type { StageFiles } from '../state/data-folder.ts'
import { hostLog, limitLogsIfPossible, rotateLog } from '../state/host-log.ts'
import type { Secrets } from '../state/secrets.ts'
import { type HostState, type PlanAnswer, type Seed, type StageState, writeState } from '../state/stage-state.ts'
import { writeTopology } from '../state/topology-file.ts'
import { isOurs, leaveCopy, type News, untilCallersKnow } from './callers.ts'
import { describeStage, type Told } from './describe-stage.ts'
import { endInOrder } from './end-in-order.ts'
import { goBack } from './go-back.ts'
import { ASK_EVERY_MS } from './heartbeat.ts'
import { endLeftovers } from './leftovers.ts'
import { discardData, planChange } from './plan-change.ts'
import { checkPorts } from './ports.ts'
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
  readonly #supervised = new Map<string, SupervisedProgram>()
  readonly #starting = new AbortController()
  readonly #logTimer = setInterval(() => limitLogsIfPossible(this.#parts.files.logs), LIMIT_LOGS_EVERY_MS).unref()
  /** One for all programs, so that a machine at rest wakes once. */
  readonly #lifeTimer = setInterval(() => this.#askPrograms(), ASK_EVERY_MS).unref()
  readonly #storesPrepared: StageContext['storesPrepared']
  #plan: Plan
  #sizeCpu: number | null = null
  #told: Told
  #stopped: Promise<void> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.#plan = parts.plan
    const hosts = parts.plan.hosts.map(({ name }) => ({ name, sizeCpu: null }))
    this.#told = { startedAt: new Date().toISOString(), ready: false, hosts }
    const work = () => prepareShop(this.#context())
    this.#storesPrepared = whenAll(keepersOfStores(parts.plan), { work, signal: this.#starting.signal })
    this.#writeState()
  }

  get state(): StageState {
    return describeStage({ ...this.#parts, plan: this.#plan, supervised: this.#supervised, told: this.#told })
  }

  /** Starts every program as soon as those that it comes after are ready. If one fails, the others are stopped by the caller. */
  async startPrograms(): Promise<void> {
    await this.#startAll(this.#plan.programs)
  }

  /**
   * Goes over to a plan with other shards or copies, or with some `anew`; what else runs is left alone. Throws what could not be started:
   * then all is as it was. What comes is asked when it is ready, and what goes ends when nobody asks it any more, with its data.
   */
  async adopt(plan: Plan, anew: readonly string[] = [], news: News = () => {}): Promise<void> {
    const before = this.#plan
    const { come, gone, changed } = planChange(before, plan, anew)
    await checkPorts({ programs: come })
    await discardData(this.#parts.files, come)
    this.#plan = plan
    const begun = new Set<string>()
    try {
      await this.#startAll(come)
      this.#limitNewHosts(this.#told.hosts)
      for (const one of changed) await this.#replace(one, news, begun)
      await this.#tellPrograms(news)
    } catch (error) {
      news(`${(error as Error).message}; going back to what was before …`)
      this.#plan = before
      await goBack(
        { ...planChange(plan, before, anew), begun },
        {
          startAnew: (program) => this.#startAnew(program),
          tellPrograms: () => this.#tellPrograms(news),
          end: (programs) => this.#end(programs),
        },
      )
      throw error
    }
    await this.#end(gone)
    this.#writeState()
  }

  /** Of the plan as it is now: those that run, and those that take their places. */
  async #tellPrograms(news: News): Promise<void> {
    const { files, makeLaunch } = this.#parts
    for (const program of this.#plan.programs.filter(isOurs))
      this.#supervised.get(program.name)?.startAs(await makeLaunch(program, this.#context()))
    writeTopology(files.topology, this.#plan, this.#sizeCpu)
    writeCopies(files.copies, this.#plan)
    await untilCallersKnow(this.#plan, news)
  }

  /** That somebody's request for another plan is carried out, or why not, or what is known so far. */
  answer(planAnswer: PlanAnswer): void {
    this.#tell({ planAnswer })
  }

  async #startAll(programs: readonly Program[]): Promise<void> {
    const ready = new Map<string, Promise<void>>()
    for (const program of programs) {
      const dependencies = program.after.map((name) => ready.get(name))
      ready.set(program.name, this.#startAfter(dependencies, program))
    }
    const { promise: stopped, reject } = Promise.withResolvers<never>()
    this.#starting.signal.addEventListener('abort', reject, { once: true })
    await Promise.race([Promise.all(ready.values()), stopped])
  }

  /** Limits each host of the stage's own; until now everything ran at full speed. */
  limitHosts(sizeCpu: number): void {
    if (!this.#parts.sizer) return
    this.#sizeCpu = sizeCpu
    this.#limitNewHosts([])
  }

  /** Until `restoreSizes` its hosts run at full speed again. */
  liftSizes(): void {
    this.#parts.sizer?.lift()
  }

  restoreSizes(): void {
    this.#parts.sizer?.restore()
  }

  #limitNewHosts(known: readonly HostState[]): void {
    const { sizer } = this.#parts
    const hosts = this.#plan.hosts.map(({ name, sized, programs }) => {
      const leaders = programs.flatMap((program) => this.#supervised.get(program)?.identity?.pid ?? [])
      const sizeCpu = sized ? this.#sizeCpu : null
      if (!sizer || sizeCpu === null) return { name, sizeCpu: null }
      return known.find((host) => host.name === name) ?? { name, sizeCpu, cgroup: sizer.limit(name, sizeCpu, leaders) }
    })
    this.#tell({ hosts })
  }

  markReady(): void {
    this.#tell({ ready: true })
  }

  /** Ends every program after those that depend on it, then whatever else bears the stage's tag. Safe to call again. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    const { files, sizer, unlock } = this.#parts
    this.#starting.abort()
    sizer?.lift()
    await endInOrder(this.#plan.programs, async (name) => this.#supervised.get(name)?.stop())
    clearInterval(this.#logTimer)
    clearInterval(this.#lifeTimer)
    await endLeftovers(files)
    await sizer?.remove()
    unlock()
  }

  /** Those that are gone for good. */
  async #end(programs: readonly Program[]): Promise<void> {
    await Promise.all(programs.map(({ name }) => this.#supervised.get(name)?.stop()))
    for (const { name } of programs) this.#supervised.delete(name)
    await discardData(this.#parts.files, programs)
    this.#tell({ hosts: this.#told.hosts.filter(({ name }) => this.#plan.hosts.some((host) => host.name === name)) })
  }

  async #replace(program: Program, news: News, begun: Set<string>): Promise<void> {
    await leaveCopy(this.#plan, program, { ...this.#parts.files, news })
    begun.add(program.name)
    await this.#startAnew(program)
  }

  async #startAnew(program: Program): Promise<void> {
    await this.#supervised.get(program.name)?.stop()
    await this.#startAfter([], program)
  }

  async #startAfter(dependencies: (Promise<void> | undefined)[], program: Program): Promise<void> {
    const { files, sizer, makeLaunch, onProgress } = this.#parts
    const launch = await this.#unlessStopped(makeLaunch(program, this.#context()))
    await Promise.all(dependencies)
    this.#starting.signal.throwIfAborted()
    const startedAt = Date.now()
    const log = hostLog(files.logs, program.host)
    if (!this.#plan.programs.some(({ name, host }) => host === program.host && this.#supervised.has(name))) rotateLog(log)
    const supervised = new SupervisedProgram(program.name, {
      launch,
      log,
      place: (command) => sizer?.wrap(program.host, command) ?? command,
      changed: () => this.#writeState(),
      restarts: this.#plan.settings.supervision === 'on',
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
    const { files, secrets, onProgress } = this.#parts
    const onSeed = (seed: Seed) => {
      onProgress(`the shop holds ${seed.products} products and ${seed.users} users`)
      this.#tell({ seed })
    }
    const [plan, signal, storesPrepared] = [this.#plan, this.#starting.signal, this.#storesPrepared]
    return { plan, files, secrets, onProgress, signal, onSeed, storesPrepared }
  }

  #askPrograms(): void {
    for (const supervised of this.#supervised.values()) void supervised.ask()
  }

  #tell(news: Partial<Told>): void {
    this.#told = { ...this.#told, ...news }
    this.#writeState()
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
