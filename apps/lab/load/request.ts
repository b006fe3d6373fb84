import { loadSettings } from '../../../loadtests/settings.ts'
import { isWorkload, WORKLOADS, type WorkloadName } from '../../../loadtests/workloads.ts'
import { CommandError, parseCommandLine } from '../runner/command.ts'
import { containerSize, type Runtime, runtimeOf } from '../runner/stage-in-runtime.ts'

export const USAGE =
  'npm run load -- N WORKLOAD [--rate R] [--duration 30s] [--warm-up 10s] [--shape steady|ramp|spike] [--seed S] [--p95 MS] [--runtime local|compose [--unsized]] [--json]'

export type LoadRequest = {
  readonly stage: string
  readonly workload: WorkloadName
  /** What the script is told; the rest are its own defaults. */
  readonly env: Readonly<Record<string, string>>
  readonly runtime: Runtime
  /** Of containers, while they are loaded. */
  readonly sizeCpu: number | null
  readonly json: boolean
}

const text = { type: 'string' } as const
const OPTIONS = {
  rate: text,
  duration: text,
  'warm-up': text,
  shape: text,
  seed: text,
  p95: text,
  runtime: text,
  unsized: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

/** A fresh app process is still slow for its first requests; what they take is no measure of the stage. */
const WARM_UP = '10s'

export function parseLoadRequest(args: string[]): LoadRequest {
  const { positionals, values } = parseCommandLine(args, OPTIONS, USAGE)
  const [stage, workload, ...more] = positionals
  if (stage === undefined || workload === undefined || more.length > 0) throw new CommandError(`usage: ${USAGE}`)
  if (!isWorkload(workload)) {
    throw new CommandError(`there is no workload "${workload}"; there are: ${Object.keys(WORKLOADS).join(', ')}`)
  }
  const said = { RATE: values.rate, DURATION: values.duration, SHAPE: values.shape, SEED: values.seed, P95_MS: values.p95 }
  const env = filled({ ...said, WARM_UP: values['warm-up'] ?? WARM_UP })
  check(env, workload)
  const runtime = runtimeOf(values.runtime)
  return { stage, workload, env, runtime, sizeCpu: containerSize(runtime, values.unsized), json: values.json === true }
}

/** The script would say the same, but only after k6 has started and with a stack. */
function check(env: Readonly<Record<string, string>>, workload: WorkloadName): void {
  try {
    loadSettings(env, WORKLOADS[workload])
  } catch (error) {
    throw new CommandError((error as Error).message.replace(/^[A-Z_0-9]+/, (name) => FLAGS[name] ?? name))
  }
}

const FLAGS: Readonly<Record<string, string>> = {
  RATE: '--rate',
  DURATION: '--duration',
  WARM_UP: '--warm-up',
  SEED: '--seed',
  P95_MS: '--p95',
}

function filled(values: Record<string, string | boolean | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])))
}
