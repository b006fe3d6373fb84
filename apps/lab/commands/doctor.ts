import { portBase, stageFiles } from '../../../infra/local/state/data-folder.ts'
import { liveRunner } from '../../../infra/local/state/stage-lock.ts'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { readStageState } from '../../../infra/local/state/stage-state.ts'
import { loadStage } from '../../../infra/stage/catalogue.ts'
import { planOf } from '../../../infra/stage/plan.ts'
import { parseDatabaseUrl } from '../../platform/mysql/address.ts'
import { probeDatabase } from '../../platform/mysql/connectivity.ts'
import type { Step } from '../../platform/process/probe.ts'
import { parseRedisUrl } from '../../platform/redis/address.ts'
import { probeRedis } from '../../platform/redis/connectivity.ts'
import type { Finding } from '../doctor/finding.ts'
import { machineFindings } from '../doctor/machine.ts'
import { measureStages, type Runtime } from '../doctor/measure-stages.ts'
import { type Command, CommandError, parseCommandLine } from '../runner/command.ts'

const USAGE = 'npm run doctor -- [N] [--set name=value]… [--json] | --measure [N…] [--runtime local|compose]'
const OPTIONS = {
  set: { type: 'string', multiple: true },
  json: { type: 'boolean', default: false },
  measure: { type: 'boolean', default: false },
  runtime: { type: 'string' },
} as const
const PROBE_TIMEOUT_MS = 2_000

export const doctorCommand: Command = {
  summary:
    'says what of this machine the stages can use, and whether a whole workshop will work here; with a stage that runs, also tests the way from its apps to each database and Redis step by step; --measure measures what stages need, for the README',
  usage: USAGE,
  async run(args) {
    const { values, positionals } = parseCommandLine(args, OPTIONS, USAGE)
    if (values.measure) return (await measureStages(positionals, runtimeOf(values.runtime))) ? 0 : 1
    const findings = await machineFindings({ forWorkshop: positionals.length === 0 })
    for (const reference of positionals) findings.push(...(await stageFindings(reference, values.set ?? [])))
    const width = Math.max(...findings.map(({ subject }) => subject.length))
    const lines = findings.map((finding) => describe(finding, width))
    process.stdout.write(values.json ? `${JSON.stringify({ findings })}\n` : lines.join(''))
    return findings.every(({ ok }) => ok) ? 0 : 1
  },
}

/** Both, where nothing is said. */
function runtimeOf(text: string | undefined): Runtime | undefined {
  if (text === undefined || text === 'local' || text === 'compose') return text
  throw new CommandError(`--runtime takes local or compose, not "${text}"`)
}

function describe({ subject, ok, detail }: Finding, width: number): string {
  return `${ok ? 'ok    ' : 'FAILED'}  ${subject.padEnd(width)}  ${detail}\n`
}

/** Each database and Redis of the stage, reached as its apps reach it; `--set databaseHost=…` tries another way without a restart. */
async function stageFindings(reference: string, set: readonly string[]): Promise<Finding[]> {
  const stage = await loadStage(reference)
  const state = readStageState(stage.number)
  if (!state || !liveRunner(stageFiles(stage.name).lock)) {
    return [{ subject: `stage ${stage.number}`, ok: false, detail: `it does not run; "npm start -- ${stage.number}" starts it` }]
  }
  const host = set.length > 0 ? planOf(stage, { portBase: portBase(), set }).settings.databaseHost : state.settings.databaseHost
  const databases = state.databases.map(({ name }) => connectivity(state, name, host))
  const redis = state.redis.map((one) => redisConnectivity(state, one))
  return (await Promise.all([...databases, ...redis])).flat()
}

async function connectivity({ stage, databases }: StageState, name: string, host: string): Promise<Finding[]> {
  const url = databases.find((database) => database.name === name)?.url ?? ''
  const steps = await probeDatabase({ ...parseDatabaseUrl('the database', url), host }, { timeoutMs: PROBE_TIMEOUT_MS })
  return findingsOf(stage, name, steps)
}

async function redisConnectivity({ stage }: StageState, { name, url }: StageState['redis'][number]): Promise<Finding[]> {
  const steps = await probeRedis(parseRedisUrl('the Redis', url), { timeoutMs: PROBE_TIMEOUT_MS })
  return findingsOf(stage, name, steps)
}

function findingsOf(stage: number, name: string, steps: readonly Step[]): Finding[] {
  return steps.map(({ step, ok, detail, ms }) => ({
    subject: `stage ${stage} to ${name}: ${step}`,
    ok,
    detail: `${detail} (${ms} ms)`,
  }))
}
