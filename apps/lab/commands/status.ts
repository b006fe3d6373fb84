import { stageFiles } from '../../../infra/local/state/data-folder.ts'
import { readState, type StageState, startedStageNames } from '../../../infra/local/state/stage-state.ts'
import { type ProgramUse, programUses } from '../load/program-use.ts'
import { type Command, parseCommandLine } from '../runner/command.ts'
import { type ComposeStatus, composeStatuses } from '../runner/compose-status.ts'
import { rangesOf, type StoreBuckets } from '../runner/stage-buckets.ts'
import { isOver, type StageStatus, statusOf } from '../runner/stage-status.ts'
import { type Deploying, oneMoreOf, unfinishedDeploy } from '../scale/unfinished-deploy.ts'
import { formatSize } from './welcome.ts'

/** A program at rest wakes up a few times a second. */
const MEASURED_MS = 2_000
const USAGE = 'npm run status -- [--json]'

export const statusCommand: Command = {
  summary: 'shows which stages run, with their programs, sizes, memory, CPU, restarts and changed settings',
  usage: USAGE,
  async run(args) {
    const { values } = parseCommandLine(args, { json: { type: 'boolean', default: false } }, USAGE)
    const [local, compose] = await Promise.all([runningStages().then(withUse), composeStatuses()])
    if (values.json) process.stdout.write(`${JSON.stringify({ stages: [...local, ...compose] })}\n`)
    else process.stdout.write(describe([...local.map(describeStage), ...compose.map(describeCompose)]))
    return 0
  },
}

/** `deployLeft`: a deploy that was ended by KILL has left one copy more than these. */
type LocalStatus = StageStatus & { readonly deployLeft?: Deploying }

async function runningStages(): Promise<LocalStatus[]> {
  const states = startedStageNames().flatMap((name) => readState(stageFiles(name).state) ?? [])
  const stages = await Promise.all(states.map(async (state) => ({ ...(await statusOf(state)), ...deployLeftOf(state) })))
  return stages.filter((stage) => !isOver(stage))
}

function deployLeftOf(state: StageState): Pick<LocalStatus, 'deployLeft'> {
  const left = unfinishedDeploy(state)
  return left ? { deployLeft: { service: left.service, copies: left.copies } } : {}
}

type MeasuredStage = LocalStatus & {
  readonly runtime: 'local'
  readonly hosts: readonly (StageStatus['hosts'][number] & ProgramUse)[]
}

/** All stages over the same time. */
async function withUse(stages: readonly LocalStatus[]): Promise<MeasuredStage[]> {
  if (stages.length === 0) return []
  const pids = stages.flatMap(({ hosts }) => hosts.map(({ pid }) => pid))
  const uses = new Map((await programUses(pids, MEASURED_MS)).map((use, index) => [pids[index], use]))
  return stages.map((stage) => ({
    ...stage,
    runtime: 'local' as const,
    hosts: stage.hosts.map((row) => ({ ...row, ...(uses.get(row.pid) ?? { memoryMiB: null, cpuMsPerS: null }) })),
  }))
}

function describe(stages: readonly string[]): string {
  return stages.length === 0 ? 'nothing is running; "npm start" starts stage 1\n' : `${stages.join('\n\n')}\n`
}

function describeStage(stage: MeasuredStage): string {
  const { name, url, ready, supervised, hosts, buckets = [], seed, changed, unsizedBecause, deployLeft } = stage
  const condition = supervised ? (ready ? 'up' : 'starting') : 'left behind by a killed runner; "npm stop" ends it'
  const rows = hosts.map((row) => {
    const restarts = row.restarts > 0 ? `, restarted ${row.restarts === 1 ? 'once' : `${row.restarts} times`}` : ''
    const silence = row.silentSince === undefined ? '' : `, has not answered since ${row.silentSince}`
    const build = row.build === undefined ? '' : `, build ${row.build}`
    const place = `${row.host.padEnd(10)} ${formatSize(row.sizeCpu).padEnd(9)}`
    return `  ${row.name.padEnd(10)} ${row.kind.padEnd(8)} on ${place} port ${row.port}  pid ${row.pid}  ${row.up ? row.condition : 'down'}${build}${restarts}${silence}`
  })
  const settings = Object.entries(changed).map(([setting, value]) => `${setting}=${value}`)
  return [
    `stage ${name}  ${url}  ${condition}`,
    ...rows.map((line, index) => `${line}${useText(hosts[index])}`),
    ...buckets.flatMap(describeBuckets),
    ...(deployLeft ? [`  ${describeDeployLeft(stage.stage, deployLeft)}`] : []),
    ...(seed ? [`  seed: ${seed.products} products, ${seed.users} users, checksum ${seed.checksum}`] : []),
    ...(settings.length > 0 ? [`  set: ${settings.join(' ')}`] : []),
    ...(unsizedBecause ? [`  unsized: ${unsizedBecause}`] : []),
  ].join('\n')
}

function describeCompose({ name, url, ready, hosts }: ComposeStatus): string {
  const rows = hosts.map((row) => {
    return `  ${row.name.padEnd(10)} ${row.kind.padEnd(8)} in ${row.container.padEnd(19)} ${row.condition}${useText(row)}`
  })
  return [`stage ${name}  ${url}  in Docker Compose, ${ready ? 'up' : 'not up'}`, ...rows].join('\n')
}

function describeDeployLeft(stage: number, left: Deploying): string {
  const { service, copies } = left
  return `a deploy of ${service} did not come to its end: ${oneMoreOf(left)} is one copy more; "npm run scale -- ${stage} ${service}=${copies}" ends it`
}

function describeBuckets({ store, servers, complaints }: StoreBuckets): string[] {
  return [
    `  buckets of ${store}:`,
    ...servers.map(({ name, buckets }) => `    ${name.padEnd(10)} ${rangesOf(buckets) || 'none'}`),
    ...complaints.map((complaint) => `    ${complaint}`),
  ]
}

function useText(use: ProgramUse | undefined): string {
  if (!use || use.memoryMiB === null || use.cpuMsPerS === null) return ''
  return `, ${use.memoryMiB.toFixed(0)} MiB, ${use.cpuMsPerS.toFixed(1)} ms of CPU a second`
}
