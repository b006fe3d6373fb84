import { randomInt } from 'node:crypto'
import { DEFAULT_SIZE_CPU } from '../../../infra/local/hosts/size.ts'
import { readStageState, type StageState } from '../../../infra/local/state/stage-state.ts'
import { loadStage } from '../../../infra/stage/catalogue.ts'
import { drawsOf } from '../../../loadtests/popularity.ts'
import { describeVerdict } from '../drills/both.ts'
import { describeOutcome } from '../drills/describe-outcome.ts'
import { DRILLS, type DrillName } from '../drills/drills.ts'
import { randomDrills } from '../drills/random.ts'
import { runBoth } from '../drills/run-both.ts'
import { type DrillLoad, type Outcome, runDrill } from '../drills/run-drill.ts'
import { type Command, CommandError, parseCommandLine } from '../runner/command.ts'
import { withComposeStage } from '../runner/compose-stage.ts'
import { refuseIfRunning } from '../runner/own-stage.ts'
import { containerSize, type Runtime, runtimeOf } from '../runner/stage-in-runtime.ts'

/** Requests a second. In a container a host pays for its health checks too, and whoever opens a connection looks a name up first. */
const USUAL_RATES: Readonly<Record<Runtime, string>> = { local: '60', compose: '30' }
const names = Object.keys(DRILLS) as DrillName[]
const usage = `npm run drill -- STAGE ${names.join('|')}|all|random [--both [--unsized] [--set NAME=VALUE]] [--rate ${USUAL_RATES.local}] [--seed S] [--minutes 5] [--small] [--runtime local|compose [--unsized]] [--json]`
const options = {
  both: { type: 'boolean', default: false },
  unsized: { type: 'boolean', default: false },
  set: { type: 'string', multiple: true },
  rate: { type: 'string' },
  /** Where none is given, one by chance, which the outcome tells. */
  seed: { type: 'string' },
  minutes: { type: 'string', default: '5' },
  /** A few buckets with few rows, where the full size takes minutes. */
  small: { type: 'boolean', default: false },
  runtime: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const
/** With fewer a silence may be nothing but the time between two requests of a kind. */
const LEAST_PER_SECOND = 20
const MOST_PER_SECOND = 1_000
const MOST_SEED = 2 ** 31 - 1
const MOST_MINUTES = 600

type Chances = { readonly seed: number; readonly minutes: number }

export const drillCommand: Command = {
  summary:
    'Makes a fault in a running stage under load and judges what the clients saw; --both starts the stage itself, as it is and without each protection.',
  usage,
  async run(args) {
    const { values, positionals } = parseCommandLine(args, options, usage)
    const [number = '', name = '', ...rest] = positionals
    if (rest.length > 0) throw new CommandError(`a drill takes one stage; usage: ${usage}`)
    if (number === '') throw new CommandError(`a drill takes a stage and a name; usage: ${usage}`)
    const runtime = runtimeOf(values.runtime)
    const ratePerS = numberOf('rate', values.rate ?? USUAL_RATES[runtime], MOST_PER_SECOND, {
      least: LEAST_PER_SECOND,
      unit: ' requests a second',
    })
    const seed = numberOf('seed', values.seed ?? String(randomInt(1, MOST_SEED)), MOST_SEED)
    const minutes = numberOf('minutes', values.minutes, MOST_MINUTES)
    const { small: isSmall, set = [] } = values
    if (set.length > 0 && !values.both) throw new CommandError('--set is for stages that --both starts; this one runs')
    const load = { ratePerS, seed, minutes, isSmall, json: values.json }
    const { both: isBoth, unsized } = values
    if (runtime === 'compose') return drillInCompose(number, name, { ...load, isBoth, sizeCpu: containerSize(runtime, unsized) })
    if (values.both) return bothSides(number, name, { ...load, unsized: values.unsized, set })
    return drillStage(number, name, { ...load, stage: runningStage(number) })
  },
}

type OneSide = Chances & DrillLoad & { readonly json: boolean; readonly stage: () => StageState }

async function drillStage(number: string, name: string, { stage, json, ...load }: OneSide): Promise<number> {
  const outcomes: Outcome[] = []
  for (const drill of chosenDrills({ number, name, stage: stage() }, load)) {
    outcomes.push(await runDrill(drill, stage, { ...load, seed: load.seed + outcomes.length }))
    if (!json) console.log(outcomes.slice(-1).map(describeOutcome).join())
  }
  if (json) console.log(JSON.stringify(isMany(name) ? outcomes : outcomes[0], null, 2))
  return outcomes.every(({ wrong }) => wrong.length === 0) ? 0 : 1
}

type InCompose = Omit<OneSide, 'stage'> & { readonly isBoth: boolean; readonly sizeCpu: number | null }

async function drillInCompose(number: string, name: string, { isBoth, sizeCpu, ...load }: InCompose): Promise<number> {
  if (isBoth)
    throw new CommandError('--both starts stages itself, with npm start; in Docker Compose a drill takes one that is up')
  if (!isMany(name)) drillCalled(name, number)
  return withComposeStage(number, sizeCpu, (stage) => drillStage(number, name, { ...load, stage }), { mayCrowd: false })
}

function numberOf(option: string, text: string, most: number, { least = 1, unit = '' } = {}): number {
  const value = Number(text)
  if (value >= least && value <= most) return value
  throw new CommandError(`--${option} takes ${least} to ${most}${unit}, not "${text}"`)
}

function isMany(name: string): boolean {
  return name === 'all' || name === 'random'
}

type Both = Chances & DrillLoad & { readonly unsized: boolean; readonly set: readonly string[]; readonly json: boolean }

/** Succeeds only if every drill was green for the stage as it is, and red without each of its protections. */
async function bothSides(number: string, name: string, { minutes, unsized, set, json, ...load }: Both): Promise<number> {
  if (name === 'random') throw new CommandError('random has no protection of its own to take away; --both takes a drill, or all')
  const stage = await loadStage(number)
  if (!isMany(name)) drillCalled(name, number)
  refuseIfRunning(stage.name)
  const verdicts = await runBoth({
    stage: { name: stage.name, sizeCpu: unsized ? null : DEFAULT_SIZE_CPU, set },
    choose: () => [...chosenDrills({ number, name, stage: runningStage(number)() }, { seed: load.seed, minutes })],
    run: (drill) => runDrill(drill, runningStage(number), load),
  })
  console.log(json ? JSON.stringify(verdicts, null, 2) : verdicts.map(describeVerdict).join('\n'))
  return verdicts.every(({ ok }) => ok) ? 0 : 1
}

type Chosen = { readonly number: string; readonly name: string; readonly stage: StageState }

/** `all` are those for which the stage has what they need; `random` are some of them by chance, until the time is up. */
function chosenDrills({ number, name, stage }: Chosen, { seed, minutes }: Chances): Iterable<DrillName> {
  const fitting = names.filter((one) => DRILLS[one].missing(stage) === undefined)
  if (name === 'all' && fitting.length > 0) return fitting.filter((one) => one !== 'full-disk')
  if (name === 'random' && fitting.length > 0) return forMinutes(randomDrills(fitting, drawsOf(seed, 0)), minutes)
  const chosen = drillCalled(name, number)
  const missing = DRILLS[chosen].missing(stage)
  if (missing) throw new CommandError(missing)
  return [chosen]
}

function drillCalled(name: string, number: string): DrillName {
  const [chosen] = names.filter((one) => one === name)
  if (chosen) return chosen
  throw new CommandError(`there is no drill "${name}" for stage ${number}; usage: ${usage}`)
}

function* forMinutes<Item>(items: Iterable<Item>, minutes: number): Generator<Item> {
  const endsAt = performance.now() + minutes * 60_000
  for (const item of items) {
    if (performance.now() > endsAt) return
    yield item
  }
}

function runningStage(number: string): () => StageState {
  const stage = /^\d$/.test(number) ? readStageState(Number(number)) : undefined
  if (!stage?.ready) throw new CommandError(`stage "${number}" does not run; start it with: npm start -- ${number || 3} --detach`)
  return () => {
    const now = readStageState(stage.stage)
    if (!now) throw new CommandError(`stage ${number} was stopped during the drill`)
    return now
  }
}
