/** The containers of one stage, as often as they change: what ended there by a drill’s KILL is started again, as Docker does with all that end otherwise. */
import { type ChildProcess, spawn } from 'node:child_process'
import { serviceOf } from '../stage/address.ts'
import type { Plan } from '../stage/plan.ts'
import { COMPOSE_PROJECT } from './compose-file.ts'
import { docker } from './docker.ts'

/** What a program's container is now; `pid` and `startedAt` tell one life of it from another. */
export type Life = {
  readonly container: string
  readonly pid: number
  readonly startedAt: string
  readonly restarts: number
  readonly isRunning: boolean
  readonly isWell: boolean
}

/** For what no event tells of. */
const LOOK_EVERY_MS = 2_000

export class StageContainers {
  readonly #names: ReadonlyMap<string, string>
  readonly #lives = new Map<string, Life>()
  /** They ended while we looked: Docker leaves alone what was killed. */
  readonly #toStart = new Set<string>()
  readonly #events: ChildProcess
  readonly #timer: NodeJS.Timeout
  #looking: Promise<void> = Promise.resolve()

  private constructor(names: ReadonlyMap<string, string>) {
    this.#names = names
    const kinds = ['die', 'start', 'health_status'].flatMap((kind) => ['--filter', `event=${kind}`])
    this.#events = spawn('docker', ['events', ...kinds, '--format', '{{.Action}}'], { stdio: ['ignore', 'pipe', 'ignore'] })
    this.#events.on('error', () => {})
    this.#events.stdout?.on('data', () => this.#look())
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS)
  }

  /** Throws one line where Docker cannot be asked. */
  static async of(plan: Plan): Promise<StageContainers> {
    const found = await docker('ps', '--all', '--filter', `label=${LABEL}.project=${COMPOSE_PROJECT}`, '--format', COLUMNS)
    const byService = new Map(found.map((row) => row.split('\t') as [string, string]))
    const names = plan.programs.flatMap(({ name }): [string, string][] => {
      const container = byService.get(serviceOf(plan, name))
      return container === undefined ? [] : [[container, name]]
    })
    const containers = new StageContainers(new Map(names))
    await containers.#refresh().catch(async (error) => {
      await containers.close()
      throw error
    })
    return containers
  }

  /** By the names of programs. */
  get lives(): ReadonlyMap<string, Life> {
    return this.#lives
  }

  async close(): Promise<void> {
    this.#events.kill()
    clearInterval(this.#timer)
    await this.#looking
  }

  /** One look after the other; a Docker that is out of breath is asked again. */
  #look(): void {
    this.#looking = this.#looking.then(() => this.#refresh()).catch(() => {})
  }

  async #refresh(): Promise<void> {
    if (this.#names.size === 0) return
    const rows = await docker('inspect', '--format', FORMAT, ...this.#names.keys())
    for (const row of rows) {
      const [container = '', pid, startedAt = '', status, health, restarts] = row.split('\t')
      const name = this.#names.get(container.replace(/^\//, ''))
      if (name === undefined) continue
      const isRunning = status === 'running'
      const wasRunning = this.#lives.get(name)?.isRunning === true
      const isWell = isRunning && health === 'healthy'
      this.#lives.set(name, {
        container: container.slice(1),
        pid: Number(pid),
        startedAt,
        restarts: Number(restarts),
        isRunning,
        isWell,
      })
      // One that had been stopped before we came is not ours to start.
      if (status === 'exited' && wasRunning) this.#toStart.add(name)
      if (status !== 'exited') this.#toStart.delete(name)
      if (this.#toStart.has(name)) await docker('start', container.slice(1)).catch(() => [])
    }
  }
}

const LABEL = 'com.docker.compose'
const COLUMNS = `{{.Label "${LABEL}.service"}}\t{{.Names}}`
const FORMAT =
  '{{.Name}}\t{{.State.Pid}}\t{{.State.StartedAt}}\t{{.State.Status}}\t{{with .State.Health}}{{.Status}}{{end}}\t{{.RestartCount}}'
