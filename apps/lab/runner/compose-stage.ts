/** A stage that is up in Docker Compose, as the laboratory's commands know one of npm start: the same ports, reached by a container in its networks. */
import path from 'node:path'
import { COMPOSE_PROJECT } from '../../../infra/compose/compose-file.ts'
import { docker } from '../../../infra/compose/docker.ts'
import { SHOP_IMAGE } from '../../../infra/compose/images.ts'
import { startLabContainer } from '../../../infra/compose/lab-container.ts'
import { PORT_BASE } from '../../../infra/compose/port-base.ts'
import { planWith } from '../../../infra/compose/set-up.ts'
import { StageContainers } from '../../../infra/compose/stage-containers.ts'
import { describeStage, type Watched } from '../../../infra/local/run/describe-stage.ts'
import { dataFolder, stageFiles } from '../../../infra/local/state/data-folder.ts'
import { makeStageFolder } from '../../../infra/local/state/disk.ts'
import { type Secrets, secretsIn } from '../../../infra/local/state/secrets.ts'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { writeAtomically } from '../../../infra/process/atomic-file.ts'
import { profileOf, serviceOf } from '../../../infra/stage/address.ts'
import { loadStage } from '../../../infra/stage/catalogue.ts'
import { type Plan, planOf } from '../../../infra/stage/plan.ts'
import { CommandError } from './command.ts'

/** Throws one line where there is no Docker, or the stage is not up in it. */
export async function withComposeStage<Value>(
  reference: string,
  work: (stage: () => StageState) => Promise<Value>,
): Promise<Value> {
  const page = await loadStage(reference)
  const containers = await StageContainers.of(planOf(page, { portBase: PORT_BASE, runtime: 'compose' }))
  try {
    const set = await settingsTold(profileOf({ stage: page.number }))
    const plan = planWith(page, set)
    requireUp(plan, containers)
    const files = stageFiles(plan.name, path.join(dataFolder(), 'compose'))
    await makeStageFolder(files)
    const secrets = await secretsOf(plan, files.secrets)
    const here = planOf(page, { portBase: PORT_BASE, set })
    const told = { startedAt: new Date().toISOString(), ready: true, hosts: [] }
    const end = await startLabContainer(plan)
    const stage = (): StageState =>
      describeStage({ plan: here, files, secrets, unsizedBecause: UNSIZED, supervised: watched(containers), told })
    return await work(stage).finally(end)
  } finally {
    await containers.close()
  }
}

const UNSIZED = 'containers have no size'

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
