/**
 * The rule of three metrics: high latency → look at cache and I/O; low throughput → scale and distribute; poor availability →
 * redundancy and failover. Which stage does it is read from the stages' own data.
 */

import { boxesOf } from '../../../../infra/stage/boxes.ts'
import { type Plan, planOf } from '../../../../infra/stage/plan.ts'
import { entryOf } from '../../../../infra/stage/roots.ts'
import { settingsOf } from '../../../../infra/stage/settings.ts'
import type { Stage } from '../../../../infra/stage/topology.ts'
import type { Bottleneck } from '../results.ts'
import type { Limit } from './bottleneck.ts'

type Advice = Bottleneck['advice']
type Metric = Advice['metric']

/** Three nines: below them, speed is not what the stage lacks. */
const LEAST_AVAILABILITY = 0.999

const RULES: Readonly<Record<Metric, string>> = {
  latency: 'Latency is what limits it: look at cache and I/O',
  throughput: 'Throughput is what limits it: scale, and distribute the work',
  availability: 'Availability is what it lacks: add redundancy and failover',
}

export function adviceOn(stage: Stage, limit: Limit, availability: number, catalogue: readonly Stage[]): Advice {
  const metric = metricOf(limit, availability)
  const later = catalogue.filter(({ number }) => number > stage.number)
  const answer = later.find((candidate) => ANSWERS[metric](stage, candidate, limit))
  const what = metric === 'throughput' ? `${RULES.throughput} of ${limit.host}` : RULES[metric]
  if (!answer) return { metric, sentence: `${what}; none of the stages here does that yet.`, answeredByStage: null }
  return { metric, sentence: `${what}. Stage ${answer.number} does: ${answer.adds}`, answeredByStage: answer.number }
}

function metricOf({ nature }: Limit, availability: number): Metric {
  if (availability < LEAST_AVAILABILITY) return 'availability'
  return nature === 'cpu' ? 'throughput' : 'latency'
}

type Answers = (from: Stage, to: Stage, limit: Limit) => boolean

const ANSWERS: Readonly<Record<Metric, Answers>> = {
  throughput: (from, to, { kind }) => hostsFor(kind, to) > hostsFor(kind, from),
  latency: (from, to) => from.settings.cache === 'none' && to.settings.cache !== 'none',
  availability: (from, to) => appCopies(to) > Math.max(1, appCopies(from)),
}

/** Hosts that run programs of these kinds. */
function hostsFor(kinds: string, stage: Stage): number {
  const plan: Plan = planOf(stage, { portBase: 0 })
  const programs = plan.programs.filter(({ kind }) => kinds.split('+').includes(kind))
  return new Set(programs.map(({ host }) => host)).size
}

function appCopies(stage: Stage): number {
  const boxes = boxesOf(entryOf(stage, settingsOf(stage.settings)))
  return boxes.reduce((copies, box) => (box.kind === 'app' ? copies + box.hosts.length : copies), 0)
}
