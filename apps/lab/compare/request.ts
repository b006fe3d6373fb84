/** What was asked for on the command line, checked before anything starts. */

import { loadStage } from '../../../infra/stage/catalogue.ts'
import { parsePair, settingsOf } from '../../../infra/stage/settings.ts'
import type { Stage } from '../../../infra/stage/topology.ts'
import { WORKLOADS } from '../../../loadtests/workloads.ts'
import { CommandError, parseCommandLine } from '../runner/command.ts'
import { type Runtime, runtimeOf } from '../runner/stage-in-runtime.ts'
import { FULL, type Protocol, QUICK, usualRounds } from './protocol.ts'
import { readResults } from './result-files.ts'
import type { Results } from './results.ts'

export const USAGE =
  'npm run compare -- N[:name=value,…] N… [--workload browse,checkout] [--rounds 5] [--quick] [--set name=value]… [--unsized] [--against results.json] [--write-lessons] [--runtime local|compose] [--json]'

/** A stage in a comparison, with the settings that it is given. The same stage may take part twice. */
export type Contestant = { readonly stage: Stage; readonly set: readonly string[] }

export type CompareRequest = {
  readonly contestants: readonly Contestant[]
  readonly workloads: readonly ComparedWorkload[]
  readonly protocol: Protocol
  readonly quick: boolean
  readonly unsized: boolean
  readonly runtime: Runtime
  readonly against: Results | undefined
  readonly writeLessons: boolean
  readonly json: boolean
  /** As typed, for the report. */
  readonly command: string
}

/** Steady loads: a search for capacity varies their rate. */
export type ComparedWorkload = 'browse' | 'checkout' | 'mixed'
const COMPARED: readonly ComparedWorkload[] = ['browse', 'checkout', 'mixed']
const MOST_STAGES = 6
const MOST_ROUNDS = 20

const OPTIONS = {
  workload: { type: 'string' },
  rounds: { type: 'string' },
  quick: { type: 'boolean', default: false },
  unsized: { type: 'boolean', default: false },
  set: { type: 'string', multiple: true },
  against: { type: 'string' },
  'write-lessons': { type: 'boolean', default: false },
  runtime: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const

export async function parseCompareRequest(args: string[]): Promise<CompareRequest> {
  const { values, positionals } = parseCommandLine(args, OPTIONS, USAGE)
  const against = values.against === undefined ? undefined : readResults(values.against)
  const contestants = await contestantsOf(positionals, values.set ?? [], against)
  if (contestants.length < 2 && !against) throw new CommandError(`it takes two stages or more to compare; usage: ${USAGE}`)
  if (contestants.length > MOST_STAGES) throw new CommandError(`at most ${MOST_STAGES} stages are compared at once`)
  const quick = values.quick || (against?.quick ?? false)
  if (quick && values['write-lessons']) throw new CommandError('--write-lessons takes a full comparison, not a quick one')
  const workloads = workloadsOf(values.workload, against)
  const runtime = runtimeOf(values.runtime)
  if (runtime === 'compose' && values['write-lessons'])
    throw new CommandError('--write-lessons takes stages of npm start: the lessons’ tables are of those')
  const protocol = quick ? QUICK : FULL
  const usual = against?.rounds ?? usualRounds(protocol, contestants.length, workloads.length)
  return {
    contestants,
    workloads,
    protocol: { ...protocol, rounds: roundsOf(values.rounds, usual) },
    quick,
    unsized: values.unsized,
    runtime,
    against,
    writeLessons: values['write-lessons'],
    json: values.json,
    command: ['npm run compare --', ...args].join(' '),
  }
}

async function contestantsOf(
  words: readonly string[],
  set: readonly string[],
  against: Results | undefined,
): Promise<Contestant[]> {
  if (words.length > 0 || !against) return Promise.all(words.map((word) => contestantOf(word, set)))
  return Promise.all(against.stages.map(async (earlier) => sameAgain(await loadStage(String(earlier.stage)), earlier.settings)))
}

/** `2:queryDelayMs=5,cache=local` is stage 2 with two settings of its own. */
async function contestantOf(word: string, set: readonly string[]): Promise<Contestant> {
  const [reference = '', own] = word.split(/:(.*)/s)
  const stage = await loadStage(reference)
  const pairs = [...set, ...(own === undefined ? [] : own.split(','))]
  settingsOf(stage.settings, pairs)
  return { stage, set: pairs }
}

/** The settings that an earlier report names, where they are not the stage's own. */
function sameAgain(stage: Stage, settings: Readonly<Record<string, string | number>>): Contestant {
  const own: Record<string, string | number> = settingsOf(stage.settings)
  const changed = Object.entries(settings).filter(([name, value]) => Object.hasOwn(own, name) && own[name] !== value)
  const set = changed.map(([name, value]) => `${name}=${value}`)
  for (const pair of set) parsePair(pair)
  return { stage, set }
}

function workloadsOf(text: string | undefined, against: Results | undefined): ComparedWorkload[] {
  const earlier = against?.stages[0]?.workloads.map(({ workload }) => workload)
  const names = text === undefined ? (earlier ?? COMPARED.slice(0, 1)) : text.split(',')
  return [...new Set(names)].map((name) => {
    const workload = COMPARED.find((candidate) => candidate === name)
    if (workload) return workload
    const known = Object.hasOwn(WORKLOADS, name)
    const complaint = known ? `the workload "${name}" has no rate to search for` : `there is no workload "${name}"`
    throw new CommandError(`${complaint}; compare takes: ${COMPARED.join(', ')}`)
  })
}

function roundsOf(text: string | undefined, usual: number): number {
  if (text === undefined) return usual
  const rounds = Number(text)
  if (/^\d+$/.test(text) && rounds >= 1 && rounds <= MOST_ROUNDS) return rounds
  throw new CommandError(`--rounds takes a whole number from 1 to ${MOST_ROUNDS}, not "${text}"`)
}
