import { type Container, containers } from '../../../infra/compose/containers.ts'
import { NoDocker } from '../../../infra/compose/docker.ts'
import { PORT_BASE } from '../../../infra/compose/port-base.ts'
import { isEntry } from '../../../infra/compose/services.ts'
import { serviceOf } from '../../../infra/stage/address.ts'
import { loadStage, stageNames } from '../../../infra/stage/catalogue.ts'
import { type Plan, planOf } from '../../../infra/stage/plan.ts'
import { say } from './command.ts'

/** What `status --json` says about a stage in Docker Compose, with a row for each container that should run. */
export type ComposeStatus = {
  readonly stage: number
  readonly name: string
  readonly url: string
  readonly runtime: 'compose'
  /** Its entry is well, by Docker's word. */
  readonly ready: boolean
  readonly hosts: readonly ContainerRow[]
}

export type ContainerRow = Pick<Container, 'memoryMiB' | 'cpuMsPerS'> & {
  readonly name: string
  readonly kind: string
  readonly container: string
  readonly up: boolean
  readonly condition: string
}

/** None where there is no Docker or it is off; where it cannot be asked otherwise that is told beside the answer. */
export async function composeStatuses(): Promise<ComposeStatus[]> {
  try {
    const found = new Map((await containers()).map((container) => [container.service, container]))
    const plans = (await Promise.all(stageNames().map(loadStage))).map((page) =>
      planOf(page, { portBase: PORT_BASE, runtime: 'compose' }),
    )
    return plans.map((plan) => composeStatus(plan, found)).filter(({ hosts }) => hosts.length > 0)
  } catch (error) {
    if (!(error instanceof NoDocker)) say(`stages in Docker Compose are not shown: ${(error as Error).message}`)
    return []
  }
}

export function composeStatus(plan: Plan, found: ReadonlyMap<string, Container>): ComposeStatus {
  const hosts = plan.programs.flatMap(({ name, kind }) => {
    const container = found.get(serviceOf(plan, name))
    return container ? [rowOf({ name, kind, container })] : []
  })
  const { stage, name, url } = plan
  const entry = plan.programs.find((program) => isEntry(plan, program))?.name
  return { stage, name, url, runtime: 'compose', ready: hosts.some((row) => row.name === entry && row.condition === 'up'), hosts }
}

function rowOf({ name, kind, container }: { name: string; kind: string; container: Container }): ContainerRow {
  const { service, state, memoryMiB, cpuMsPerS } = container
  return { name, kind, container: service, up: state === 'running', condition: conditionOf(container), memoryMiB, cpuMsPerS }
}

function conditionOf({ state, health, exitCode }: Container): string {
  if (state !== 'running') return exitCode === 0 ? state : `${state} with ${exitCode}`
  return health === 'healthy' || health === '' ? 'up' : health
}
