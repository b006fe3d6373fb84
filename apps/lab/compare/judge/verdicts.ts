/** What each step bought, what it cost, and what limits the stage after it: a sentence that knows noise. */

import type { Results, StageResult, Verdict, WorkloadResult } from '../results.ts'
import { median } from '../spread.ts'
import { milliseconds, percent } from './bottleneck.ts'
import { type Judgement, judge, LEAST_ROUNDS } from './noise.ts'

type Side = { readonly stage: StageResult; readonly result: WorkloadResult }
type Judged = Pick<Verdict, 'ratio' | 'outcome'> & { readonly capacity: Judgement; readonly latency: Judgement | undefined }

/** A median latency that differs by less is nothing a visitor would notice. */
const LEAST_LATENCY_RATIO = 1.2
const LEAST_LATENCY_MS = 5

/** Each stage beside the one named before it. */
export function verdictsOf(stages: readonly StageResult[]): Verdict[] {
  const workloads = [...new Set(stages.flatMap((stage) => stage.workloads.map(({ workload }) => workload)))]
  return workloads.flatMap((workload) => {
    const sides = stages.flatMap((stage) =>
      stage.workloads.filter((one) => one.workload === workload).map((result) => ({ stage, result })),
    )
    return sides.slice(1).map((to, index) => verdict(sides[index] ?? to, to))
  })
}

/** Each stage beside itself in an earlier report. */
export function verdictsAgainst(earlier: Results, now: readonly StageResult[]): Verdict[] {
  return now.flatMap((stage) => {
    const before = earlier.stages.find(({ name }) => name === stage.name)
    return stage.workloads.flatMap((result) => {
      const old = before?.workloads.find(({ workload }) => workload === result.workload)
      return before && old ? [verdict({ stage: before, result: old }, { stage, result }, movedSentence)] : []
    })
  })
}

function verdict(from: Side, to: Side, sentence = stepSentence): Verdict {
  const judged = judgeSides(from, to)
  return {
    workload: to.result.workload,
    from: from.stage.stage,
    to: to.stage.stage,
    ratio: judged.ratio,
    outcome: judged.outcome,
    sentence: sentence(from, to, judged),
  }
}

/** By what a stage carries and by the time that a journey takes at equal load. */
function judgeSides(from: Side, to: Side): Judged {
  const capacity = judge(from.result.capacityByRound, to.result.capacityByRound)
  const latency = judgeLatency(from.result, to.result)
  const outcome = together(CAPACITY_SAYS[capacity.outcome], LATENCY_SAYS[latency?.outcome ?? 'noise'])
  return { capacity, latency, ratio: capacity.ratio, outcome }
}

type Outcome = Verdict['outcome']
const CAPACITY_SAYS = { more: 'faster', less: 'slower', noise: 'noise' } as const
const LATENCY_SAYS = { more: 'slower', less: 'faster', noise: 'noise' } as const

function together(one: Outcome, other: Outcome): Outcome {
  if (one === 'noise' || one === other) return other
  return other === 'noise' ? one : 'mixed'
}

/** Only where the spreads are clear of each other and the difference matters to somebody. */
function judgeLatency(from: WorkloadResult, to: WorkloadResult): Judgement | undefined {
  const [was, is] = [from.latency[0]?.p50MsByRound, to.latency[0]?.p50MsByRound]
  if (!was || !is) return undefined
  const judged = judge(was, is)
  const factor = Math.max(judged.ratio.median, 1 / judged.ratio.median)
  const matters = factor >= LEAST_LATENCY_RATIO && Math.abs(median(is) - median(was)) >= LEAST_LATENCY_MS
  return matters ? judged : { ...judged, outcome: 'noise' }
}

function stepSentence(from: Side, to: Side, judged: Judged): string {
  return [`${bought(from, to, judged)}.`, `${cost(from, to)}.`, `Next bottleneck: ${to.result.bottleneck.why}`].join(' ')
}

function movedSentence(from: Side, to: Side, judged: Judged): string {
  const moved = judged.outcome === 'noise' ? 'has not moved beyond noise' : `is ${MOVED[judged.outcome]} the earlier report`
  return `${to.stage.name} ${moved}: ${capacities(from, to, judged)}${latencyClause(from, to, judged)}.`
}

const MOVED = {
  faster: 'faster than in',
  slower: 'slower than in',
  mixed: 'faster in one way and slower in another than in',
} as const

function bought(from: Side, to: Side, judged: Judged): string {
  const figures = `${capacities(from, to, judged)}${latencyClause(from, to, judged)}`
  const name = to.stage.name
  const isMore = judged.capacity.outcome === 'more'
  if (judged.outcome === 'mixed')
    return `${name} carries ${isMore ? 'more, and is slower' : 'less, and is faster'} for each visitor: ${figures}`
  if (isMore) return `${name} carries more: ${figures}`
  if (judged.capacity.outcome === 'less') return `${name} is slower: it carries less, ${figures}`
  if (judged.outcome !== 'noise')
    return `${name} is ${judged.outcome} for each visitor, but not beyond noise in what it carries: ${figures}`
  const rounds = Math.min(...[from, to].map(({ result }) => result.capacityByRound.length))
  if (rounds < LEAST_ROUNDS)
    return `${name} beside ${from.stage.name}: ${rounds} of the ${LEAST_ROUNDS} rounds that tell: ${figures}`
  return `${name} and ${from.stage.name} do not differ beyond noise: ${figures}`
}

function capacities(from: Side, to: Side, { ratio }: Judged): string {
  const factor = `×${ratio.median.toFixed(2)}, rounds ${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)}`
  return `${rate(from.result.capacity.median)} → ${rate(to.result.capacity.median)} ${to.result.workload} journeys a second (${factor})`
}

function latencyClause(from: Side, to: Side, { latency }: Judged): string {
  const [was, is] = [from.result.latency[0], to.result.latency[0]]
  if (!was || !is || !latency || latency.outcome === 'noise') return ''
  const taken = `${milliseconds(was.p50Ms.median)} → ${milliseconds(is.p50Ms.median)}`
  return `; at ${rate(is.rate)} a second the median journey takes ${taken}${queryClause(from.result, to.result)}`
}

/** Where the time of queries explains half of the difference or more. */
function queryClause(from: WorkloadResult, to: WorkloadResult): string {
  const [was, is] = [from.queryMs, to.queryMs]
  if (was === undefined || is === undefined) return ''
  const journeys = (to.latency[0]?.p50Ms.median ?? 0) - (from.latency[0]?.p50Ms.median ?? 0)
  const queries = to.queriesPerJourney * is - from.queriesPerJourney * was
  if (queries / journeys < 0.5) return ''
  return `, as each of its ${to.queriesPerJourney.toFixed(1)} queries takes ${milliseconds(was)} → ${milliseconds(is)}`
}

function cost(from: Side, to: Side): string {
  const [was, is] = [from.result.cpuMsPerJourney, to.result.cpuMsPerJourney]
  const hosts = [from.stage.hostsUsed, to.stage.hostsUsed]
  const more =
    hosts[0] === hosts[1] ? `It takes as many hosts (${hosts[1]})` : `It takes ${hosts[1]} hosts instead of ${hosts[0]}`
  const change = was > 0 ? ` (${is >= was ? '+' : '−'}${percent(Math.abs(is / was - 1))})` : ''
  return `${more} and ${milliseconds(is)} of CPU a journey instead of ${milliseconds(was)}${change}`
}

export function rate(value: number): string {
  return value < 10 ? value.toFixed(1) : String(Math.round(value))
}
