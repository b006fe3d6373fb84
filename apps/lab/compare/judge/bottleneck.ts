/** Which host, or which wait, bounds a stage; with the evidence. */
import { tightestOf } from '../law.ts'
import type { Wait } from '../measure/app-metrics.ts'
import type { HostUse } from '../results.ts'

/** A wait that is a smaller part of a journey explains nothing. */
const LEAST_WAIT_SHARE = 0.02
/** A host that uses this part of its size has no more to give: its queue grows while it waits for its next turn. */
export const BUSY_SHARE = 0.8

export type Evidence = {
  readonly hosts: readonly HostUse[]
  /** CPUs of the machine, which bound hosts without a size. */
  readonly machineCpus: number
  /** Journeys a second that CPU demand allows, and the part of it that was kept. */
  readonly bound: number
  readonly share: number
  /** By host, where programs share one: the part of each in the host's CPU use, 0 to 1. */
  readonly programShares: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** What the apps say that a journey waited for at capacity. */
  readonly waits: readonly JourneyWait[]
  readonly poolWaitMsPerQuery: number | null
  readonly loopDelayP99Ms: number | null
  readonly lockWaitMsPerJourney: number
  readonly journeyMs: number
}

export type JourneyWait = Pick<Wait, 'kind' | 'of' | 'msEach'> & { readonly perJourney: number }

export type Limit = {
  /** `cpu`: a host is at its size. `wait`: no host is, and journeys wait for something else. */
  readonly nature: 'cpu' | 'wait'
  readonly host: string
  readonly kind: string
  readonly bound: number
  readonly share: number
  readonly why: string
}

export function limitOf(evidence: Evidence): Limit {
  const { hosts, bound, share } = evidence
  const busiest = busiestOf(evidence)
  if (busiest.shareAtCapacity >= BUSY_SHARE || share >= BUSY_SHARE) {
    return { nature: 'cpu', host: busiest.host, kind: busiest.kind, bound, share, why: busySentence(busiest, evidence) }
  }
  const [longest] = chainOf(evidence)
  const waiting = hosts.find(({ host }) => host === longest?.of) ?? hosts.find(({ kind }) => kind.includes('mysql')) ?? busiest
  const why = `No host is at its size (${busiest.host} at ${percent(busiest.shareAtCapacity)}): ${chainSentence(evidence)}.`
  return { nature: 'wait', host: waiting.host, kind: waiting.kind, bound, share, why }
}

function busiestOf({ hosts, machineCpus }: Evidence): HostUse {
  const demands = hosts.map((use) => ({ ...use, restCpu: use.restCpu ?? 0 }))
  return tightestOf(demands, machineCpus).host
}

/** What a journey waits for, the longest first; what takes next to none of its time is left out. */
export function chainOf({ waits, journeyMs }: Pick<Evidence, 'waits' | 'journeyMs'>): JourneyWait[] {
  const longest = waits.toSorted((one, other) => msOf(other) - msOf(one))
  return longest.filter((wait) => msOf(wait) >= LEAST_WAIT_SHARE * journeyMs)
}

function msOf({ perJourney, msEach }: JourneyWait): number {
  return perJourney * msEach
}

function chainSentence(evidence: Evidence): string {
  const waits = chainOf(evidence).map((wait) =>
    SENTENCES[wait.kind](wait.perJourney.toFixed(1), milliseconds(wait.msEach), wait.of),
  )
  const journey = `a journey of ${milliseconds(evidence.journeyMs)}`
  return waits.length === 0
    ? `${journey} waits for nothing that the apps see`
    : `${journey} waits for ${waits.join(', then for ')}`
}

const SENTENCES: Readonly<Record<Wait['kind'], (times: string, each: string, of: string) => string>> = {
  query: (times, each, of) => `${times} queries of ${each} each to ${of}`,
  connection: (times, each, of) => `a free connection to ${of}, ${times} times ${each}`,
  redis: (times, each, of) => `${times} commands of ${each} each to ${of}`,
  turn: (times, each, of) => `its turn in ${of}, ${times} times ${each}`,
}

function busySentence(busiest: HostUse, evidence: Evidence): string {
  const { host, sizeCpu, shareAtCapacity, cpuMsPerJourney } = busiest
  const of = sizeCpu === null ? 'a CPU without a limit' : `its ${sizeCpu} CPU`
  const others = alikeOf(busiest, evidence)
  const name = others.length === 0 ? host : `${host} (like ${others.join(' and ')})`
  const facts = [programsOf(host, evidence), ...waitsOf(evidence)].filter(Boolean)
  const more = facts.length > 0 ? `; ${facts.join(', ')}` : ''
  return `${name} used ${percent(shareAtCapacity)} of ${of} at capacity, ${milliseconds(cpuMsPerJourney)} for each journey${more}.`
}

/** Hosts of the same kind that are as busy. */
function alikeOf({ host, kind, shareAtCapacity }: HostUse, { hosts }: Evidence): string[] {
  const alike = hosts.filter(
    (other) => other.kind === kind && other.host !== host && other.shareAtCapacity > shareAtCapacity - 0.15,
  )
  return alike.map((other) => other.host)
}

function programsOf(host: string, { programShares }: Evidence): string {
  const parts = Object.entries(programShares[host] ?? {})
  return parts.map(([name, share]) => `${percent(share)} of it ${name}`).join(' and ')
}

/** What the programs say of themselves while their host is busy. */
function waitsOf({ loopDelayP99Ms, poolWaitMsPerQuery, lockWaitMsPerJourney }: Evidence): string[] {
  return [
    ...(loopDelayP99Ms === null ? [] : [`event-loop delay p99 ${milliseconds(loopDelayP99Ms)}`]),
    ...(poolWaitMsPerQuery !== null && poolWaitMsPerQuery >= 1
      ? [`${milliseconds(poolWaitMsPerQuery)} wait for a connection before each query`]
      : []),
    ...(lockWaitMsPerJourney >= 1 ? [`${milliseconds(lockWaitMsPerJourney)} wait for row locks in each journey`] : []),
  ]
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}

export function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
}
