import { stageFiles } from '../../../infra/local/state/data-folder.ts'
import { readState, startedStageNames } from '../../../infra/local/state/stage-state.ts'
import { type Command, parseCommandLine } from '../runner/command.ts'
import { isOver, type StageStatus, statusOf } from '../runner/stage-status.ts'
import { formatSize } from './welcome.ts'

const USAGE = 'npm run status -- [--json]'

export const statusCommand: Command = {
  summary: 'shows which stages run, with their programs, sizes, restarts and changed settings',
  usage: USAGE,
  async run(args) {
    const { values } = parseCommandLine(args, { json: { type: 'boolean', default: false } }, USAGE)
    const stages = await runningStages()
    process.stdout.write(values.json ? `${JSON.stringify({ stages })}\n` : describe(stages))
    return 0
  },
}

export async function runningStages(): Promise<StageStatus[]> {
  const states = startedStageNames().flatMap((name) => readState(stageFiles(name).state) ?? [])
  const stages = await Promise.all(states.map(statusOf))
  return stages.filter((stage) => !isOver(stage))
}

function describe(stages: readonly StageStatus[]): string {
  return stages.length === 0 ? 'nothing is running; "npm start" starts stage 1\n' : `${stages.map(describeStage).join('\n\n')}\n`
}

function describeStage(stage: StageStatus): string {
  const { name, url, ready, supervised, hosts, seed, changed, unsizedBecause } = stage
  const condition = supervised ? (ready ? 'up' : 'starting') : 'left behind by a killed runner; "npm stop" ends it'
  const rows = hosts.map((row) => {
    const restarts = row.restarts > 0 ? `, restarted ${row.restarts === 1 ? 'once' : `${row.restarts} times`}` : ''
    const silence = row.silentSince === undefined ? '' : `, has not answered since ${row.silentSince}`
    const place = `${row.host.padEnd(10)} ${formatSize(row.sizeCpu).padEnd(9)}`
    return `  ${row.name.padEnd(10)} ${row.kind.padEnd(8)} on ${place} port ${row.port}  pid ${row.pid}  ${row.up ? row.condition : 'down'}${restarts}${silence}`
  })
  const settings = Object.entries(changed).map(([setting, value]) => `${setting}=${value}`)
  return [
    `stage ${name}  ${url}  ${condition}`,
    ...rows,
    ...(seed ? [`  seed: ${seed.products} products, ${seed.users} users, checksum ${seed.checksum}`] : []),
    ...(settings.length > 0 ? [`  set: ${settings.join(' ')}`] : []),
    ...(unsizedBecause ? [`  unsized: ${unsizedBecause}`] : []),
  ].join('\n')
}
