/** A stage that is up in Docker Compose, as the laboratory's commands know one of npm start: the same ports, reached by a container in its networks. */
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { COMPOSE_PROJECT } from '../../../infra/compose/compose-file.ts'
import {
  type ContainerSizes,
  engineHere,
  NO_CONTAINER_SIZES_BECAUSE,
  sizeContainers,
  unsizeContainers,
} from '../../../infra/compose/container-sizes.ts'
import { docker } from '../../../infra/compose/docker.ts'
import { SHOP_IMAGE } from '../../../infra/compose/images.ts'
import { startLabContainer } from '../../../infra/compose/lab-container.ts'
import { PREPARE } from '../../../infra/compose/layout.ts'
import { PORT_BASE } from '../../../infra/compose/port-base.ts'
import { planWith } from '../../../infra/compose/set-up.ts'
import { StageContainers } from '../../../infra/compose/stage-containers.ts'
import { describeStage, type Watched } from '../../../infra/local/run/describe-stage.ts'
import { dataFolder, type StageFiles, stageFiles } from '../../../infra/local/state/data-folder.ts'
import { makeStageFolder } from '../../../infra/local/state/disk.ts'
import { type Secrets, secretsIn } from '../../../infra/local/state/secrets.ts'
import type { Seed, StageState } from '../../../infra/local/state/stage-state.ts'
import { writeAtomically } from '../../../infra/process/atomic-file.ts'
import { profileOf, serviceOf } from '../../../infra/stage/address.ts'
import { loadStage } from '../../../infra/stage/catalogue.ts'
import { type Plan, planOf } from '../../../infra/stage/plan.ts'
import type { Stage } from '../../../infra/stage/topology.ts'
import { CommandError, say } from './command.ts'

/**
 * With hosts of this size while the work lasts; null takes off what is left of one, and so it is where they would be more than the machine
 * has and the work cannot be judged by those who wait for a CPU. Throws one line where there is no Docker, or the stage is not up in it.
 */
export async function withComposeStage<Value>(
  reference: string,
  sizeCpu: number | null,
  work: (stage: () => StageState) => Promise<Value>,
  { mayCrowd = true } = {},
): Promise<Value> {
  const stage = await ComposeStage.open(await loadStage(reference))
  try {
    const isSized = sizeCpu !== null && (mayCrowd || stage.hasRoom(sizeCpu))
    await (isSized ? stage.size(sizeCpu) : stage.unsize())
    return await work(() => stage.state)
  } finally {
    await stage.close()
  }
}

type Parts = {
  readonly containers: StageContainers
  /** As the laboratory reaches it. */
  readonly plan: Plan
  readonly files: StageFiles
  readonly secrets: Secrets
  readonly seed: Seed | undefined
  readonly endLab: () => Promise<void>
}

export class ComposeStage {
  readonly #parts: Parts
  readonly #startedAt = new Date().toISOString()
  #sizes: ContainerSizes | undefined
  #sizeCpu: number | null = null
  #unsizedBecause: string | undefined = UNSIZED

  private constructor(parts: Parts) {
    this.#parts = parts
  }

  static async open(page: Stage): Promise<ComposeStage> {
    const containers = await StageContainers.of(planOf(page, { portBase: PORT_BASE, runtime: 'compose' }))
    try {
      const set = await settingsTold(profileOf({ stage: page.number }))
      const plan = planWith(page, set)
      requireUp(plan, containers)
      const files = stageFiles(plan.name, path.join(dataFolder(), 'compose'))
      await makeStageFolder(files)
      const secrets = await secretsOf(plan, files.secrets)
      const told = { secrets, seed: await seedTold(plan), plan: planOf(page, { portBase: PORT_BASE, set }) }
      return new ComposeStage({ containers, files, ...told, endLab: await startLabContainer(plan) })
    } catch (error) {
      await containers.close()
      throw error
    }
  }

  /** As it is now. */
  get state(): StageState {
    const { plan, containers, files, secrets, seed } = this.#parts
    const hosts = plan.hosts.map(({ name, sized }) => ({ name, sizeCpu: sized ? this.#sizeCpu : null }))
    const unsizedBecause = this.#unsizedBecause
    const told = { startedAt: this.#startedAt, ready: true, hosts, ...(seed && { seed }) }
    return describeStage({ plan, files, secrets, unsizedBecause, supervised: watched(containers), told })
  }

  /** Says so where there is none. */
  hasRoom(sizeCpu: number): boolean {
    const [hosts, cpus] = [this.#parts.plan.hosts.filter(({ sized }) => sized).length, availableParallelism()]
    if (hosts * sizeCpu <= cpus) return true
    this.#unsizedBecause = crowded(hosts, sizeCpu, cpus)
    say(`hosts are unsized: ${this.#unsizedBecause}`)
    return false
  }

  /** Until it is closed; undefined where this Docker cannot, which is said. */
  async size(sizeCpu: number): Promise<ContainerSizes | undefined> {
    const { plan, containers } = this.#parts
    const engine = await engineHere()
    if (!engine.canLimit) {
      this.#unsizedBecause = NO_CONTAINER_SIZES_BECAUSE
      say(`hosts are unsized: ${NO_CONTAINER_SIZES_BECAUSE}`)
      return undefined
    }
    const containerOf = (program: string) => containers.lives.get(program)?.container ?? ''
    this.#sizes = await sizeContainers(engine, { hosts: plan.hosts, containerOf, sizeCpu })
    this.#sizeCpu = sizeCpu
    this.#unsizedBecause = undefined
    return this.#sizes
  }

  /** Somebody who was killed may have left them slow. */
  async unsize(): Promise<void> {
    const engine = await engineHere()
    const names = [...this.#parts.containers.lives.values()].map(({ container }) => container)
    if (engine.canLimit) await unsizeContainers(engine, names)
  }

  async close(): Promise<void> {
    const { endLab, containers } = this.#parts
    await this.#sizes?.end().catch(({ message }) => say(`${MAYBE_SIZED} (${message})`))
    await endLab().finally(() => containers.close())
  }
}
const MAYBE_SIZED = 'containers may still have their size, until the next command that measures them'
const crowded = (hosts: number, sizeCpu: number, cpus: number) =>
  `${hosts} of ${sizeCpu} CPU are more than the ${cpus} CPUs here, and who waits for one would be taken for hung`
const UNSIZED = 'containers have a size only while they are measured'

function requireUp(plan: Plan, { lives }: StageContainers): void {
  const missing = plan.programs.filter(({ name }) => !lives.get(name)?.isWell).map(({ name }) => name)
  if (missing.length === 0) return
  const up = `docker compose --profile ${profileOf(plan)} up --wait`
  const which = lives.size === 0 ? 'it has no containers' : `not well: ${missing.join(', ')}`
  throw new CommandError(`stage ${plan.name} is not up in Docker Compose (${which}); start it with: ${up}`)
}

/** What its set-up was told. */
async function settingsTold(profile: string): Promise<string[]> {
  const filter = ['--filter', `name=${COMPOSE_PROJECT}-${profile}-set-up`]
  const [id] = await docker('ps', '--all', '--quiet', ...filter)
  if (id === undefined) return []
  const variables = await docker('inspect', '--format', '{{range .Config.Env}}{{println .}}{{end}}', id)
  const told = variables.find((line) => line.startsWith('OUTGROW_SET=')) ?? ''
  return told.slice('OUTGROW_SET='.length).split(' ').filter(Boolean)
}

/** What its one-shot found in the stores, or put there. */
async function seedTold(plan: Plan): Promise<Seed | undefined> {
  const container = `${COMPOSE_PROJECT}-${serviceOf(plan, PREPARE)}-1`
  const [line = ''] = await docker('logs', '--tail', '1', container).catch(() => [])
  return line.startsWith('{') ? JSON.parse(line) : undefined
}

/** The key of the stage's passwords, which only its set-up and we can read. */
async function secretsOf(plan: Plan, file: string): Promise<Secrets> {
  const volume = `${COMPOSE_PROJECT}_${serviceOf(plan, 'key')}:/key:ro`
  const reading = ['run', '--rm', '--network', 'none', '--volume', volume, SHOP_IMAGE, 'cat', '/key/secrets.json']
  writeAtomically(file, (await docker(...reading)).join('\n'))
  return secretsIn(file)
}

function watched({ lives }: StageContainers): ReadonlyMap<string, Watched> {
  return new Map(
    [...lives].map(([name, { container, pid, startedAt, restarts, isRunning, isWell }]) => {
      const condition = isWell ? 'up' : isRunning ? 'waiting' : 'restarting'
      const identity = { pid: isRunning ? pid : 0, startTime: startedAt }
      return [name, { container, identity, condition, restarts, silentSince: undefined }]
    }),
  )
}
