/** Which host, or which wait, bounds a stage; with the evidence. */
import { tightestOf } from '../law.ts'
import type { HostUse } from '../results.ts'

/** A host that uses this part of its size has no more to give: its queue grows while it waits for its next turn. */
const BUSY_SHARE = 0.8

export type Evidence = {
  readonly hosts: readonly HostUse[]
  /** CPUs of the machine, which bound hosts without a size. */
  readonly machineCpus: number
  readonly capacity: number
  /** By host, where programs share one: the part of each in the host's CPU use, 0 to 1. */
  readonly programShares: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** What the apps say of a query, by database: how long it took, and how many a journey needed. */
  readonly queries: readonly { readonly database: string; readonly perJourney: number; readonly msEach: number }[]
  readonly poolWaitMsPerQuery: number | null
  readonly loopDelayP99Ms: number | null
  readonly lockWaitMsPerJourney: number
  readonly journeyMs: number
}

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
  const { hosts, capacity } = evidence
  const { host: busiest, bound } = tightestOf(hosts, evidence.machineCpus)
  const share = capacity / bound
  if (busiest.shareAtCapacity >= BUSY_SHARE || share >= BUSY_SHARE) {
    return { nature: 'cpu', host: busiest.host, kind: busiest.kind, bound, share, why: busySentence(busiest, evidence) }
  }
  const wait = waitOf(evidence)
  const waiting = hosts.find(({ host }) => host === wait?.database) ?? hosts.find(({ kind }) => kind.includes('mysql')) ?? busiest
  const why = `No host is at its size (${busiest.host} at ${percent(busiest.shareAtCapacity)}): ${wait?.sentence ?? 'journeys wait'}.`
  return { nature: 'wait', host: waiting.host, kind: waiting.kind, bound, share, why }
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

/** The database that journeys wait for the longest. */
function waitOf({ queries, poolWaitMsPerQuery, journeyMs }: Evidence): { database: string; sentence: string } | undefined {
  const [longest] = queries.toSorted((one, other) => other.perJourney * other.msEach - one.perJourney * one.msEach)
  if (longest === undefined) return undefined
  const { database, perJourney, msEach } = longest
  const pool = poolWaitMsPerQuery ?? 0
  const waited = `${perJourney.toFixed(1)} queries of ${milliseconds(msEach)} each to ${database}`
  const before = pool > msEach ? `, each after ${milliseconds(pool)} for a free connection` : ''
  return { database, sentence: `a journey of ${milliseconds(journeyMs)} waits for ${waited}${before}` }
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}

export function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
}
