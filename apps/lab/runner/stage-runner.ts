/** The process that owns one running stage: it starts the programs, watches over them, and ends them all when it is told to, or left alone. */
import { once } from 'node:events'
import { updateTables } from '../../../infra/local/launch/update-tables.ts'
import { buildsIn } from '../../../infra/local/run/builds.ts'
import { runStage } from '../../../infra/local/run/run-stage.ts'
import type { RunningStage } from '../../../infra/local/run/running-stage.ts'
import { type StageFiles, stageFiles } from '../../../infra/local/state/data-folder.ts'
import { PLAN_SIGNAL, readRequest } from '../../../infra/local/state/plan-request.ts'
import { readResharding, writeResharding } from '../../../infra/local/state/resharding.ts'
import { secretsIn } from '../../../infra/local/state/secrets.ts'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { giveBackMemory } from '../../../infra/process/give-back-memory.ts'
import { outliveFullLog } from '../../../infra/process/outlive-full-log.ts'
import type { Builds } from '../../../infra/stage/app-programs.ts'
import { loadStage } from '../../../infra/stage/catalogue.ts'
import { type Plan, type PlanOptions, planOf } from '../../../infra/stage/plan.ts'
import type { RunnerMessage, RunnerRequest, SizesWanted } from './messages.ts'

outliveFullLog()
const request: RunnerRequest = JSON.parse(process.argv[2] ?? '{}')
const ending = new AbortController()
const ended = new Promise<void>((resolve) => ending.signal.addEventListener('abort', () => resolve(), { once: true }))
let ready = false

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => ending.abort())
process.on('disconnect', () => {
  if (!request.detach || !ready) ending.abort()
})
process.on('uncaughtException', (error) => {
  console.error(error)
  ending.abort()
})

/** Since the stage was started: it starts again with those of its page and of `--set`, and from its own checkout. */
let changed: readonly string[] = []
let builds: Builds = {}
const started = Promise.withResolvers<RunningStage>()
let lastRequest: Promise<unknown> = started.promise
// Listened for from the beginning: unheard it would end us.
process.on(PLAN_SIGNAL, () => {
  lastRequest = lastRequest.then(async () => goOver(await started.promise)).catch((error) => console.error(error))
})

process.exit(await run())

async function run(): Promise<number> {
  const stage = await start()
  if (!stage) return 1
  ready = true
  started.resolve(stage)
  giveBackMemory()
  process.on('message', (wanted: SizesWanted) => setSizes(stage, wanted))
  tell({ kind: 'ready', state: stage.state })
  if (!request.detach && !process.connected) ending.abort()
  await ended
  await stage.stop()
  return 0
}

async function start(): Promise<RunningStage | undefined> {
  try {
    const { sizeCpu, fresh } = request
    const plan = await planWith(({ resharding }) => (fresh ? {} : { resharding: readResharding(resharding) }))
    const onProgress = (line: string) => tell({ kind: 'progress', line })
    const beforeSizes = request.sizeWhenTold ? { beforeSizes: untilTold } : {}
    return await runStage(plan, {
      files: stageFiles(plan.name),
      sizeCpu,
      fresh,
      onProgress,
      signal: ending.signal,
      ...beforeSizes,
    })
  } catch (error) {
    console.error(error)
    await told({ kind: 'failed', reason: (error as Error).message })
    return undefined
  }
}

async function planWith(choose: (files: StageFiles) => Omit<PlanOptions, 'portBase'>): Promise<Plan> {
  const { stage: reference, set, portBase } = request
  const page = await loadStage(reference)
  return planOf(page, { portBase, set, ...choose(stageFiles(page.name)) })
}

/** One request after the other. The shards that it has gone over to come back with the stage, as rows are on them. */
async function goOver(stage: RunningStage): Promise<void> {
  const files = stageFiles(stage.state.name)
  const { id, ...asked } = readRequest(files.planRequest)
  try {
    const resharding = asked.resharding ?? readResharding(files.resharding)
    const wanted = [...changed, ...(asked.changed ?? [])]
    const unbuilt = await planWith(() => ({ resharding, changed: wanted }))
    const built = buildsIn(unbuilt, { builds, programs: stage.state.programs }, asked.deployed)
    const plan = await planWith(() => ({ resharding, changed: wanted, builds: built }))
    const { tablesOf, build, programs } = asked.deployed ?? {}
    if (tablesOf !== undefined) await updateTables({ plan, files, secrets: secretsIn(files.secrets) }, tablesOf, build)
    await stage.adopt(plan, programs, (news) => stage.answer({ id, news }))
    changed = wanted
    builds = built
    if (asked.resharding) writeResharding(files.resharding, asked.resharding)
    stage.answer({ id })
  } catch (error) {
    console.error(error)
    stage.answer({ id, failed: (error as Error).message })
  }
}

function setSizes(stage: RunningStage, wanted: SizesWanted): void {
  if (wanted === 'lift') stage.liftSizes()
  else stage.restoreSizes()
  tell({ kind: 'sizes', are: wanted })
}

async function untilTold(state: StageState): Promise<void> {
  await told({ kind: 'unsized', state })
  await once(process, 'message', { signal: ending.signal })
}

function tell(message: RunnerMessage): void {
  void told(message)
}

/** Whoever started us may be gone. */
function told(message: RunnerMessage): Promise<void> {
  if (message.kind === 'progress') console.error(`${new Date().toISOString()} ${message.line}`)
  return new Promise((resolve) => {
    if (!process.send || !process.connected) return resolve()
    process.send(message, () => resolve())
  })
}
