import { setTimeout as sleep } from 'node:timers/promises'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { drawsOf } from '../../../loadtests/popularity.ts'
import { checkSightings } from '../invariants/check-sightings.ts'
import { eventualFindings } from '../invariants/eventual-findings.ts'
import { historyOf } from '../invariants/history.ts'
import { snapshotOf } from '../invariants/stage-snapshot.ts'
import { CommandError, say } from '../runner/command.ts'
import { undone } from '../runner/undone.ts'
import { type Counts, countsOf } from './counts.ts'
import type { Drill, Means } from './drill.ts'
import { DRILLS, type DrillName } from './drills.ts'
import { type FaultEvent, failuresOf } from './fault-events.ts'
import { judgeOutages, type OutageLimits, type Outages, outagesOf } from './outages.ts'
import { HEALED } from './programs.ts'
import type { Recording } from './traffic/recording.ts'
import { startTraffic, type Traffic } from './traffic/traffic.ts'
import { untilWhole } from './whole.ts'

/** What a drill found. Times are in milliseconds; counts of what must not be are named for what they count. */
export type Outcome = {
  readonly drill: DrillName
  readonly stage: number
  /** The same seed makes the same choices again. */
  readonly seed: number
  readonly requests: number
  readonly failed: number
  /** From the fault to the end of the last failed request. */
  readonly lastFailureMs: number | null
  /** The longest time after the fault in which no request of a kind succeeded, and what is allowed. */
  readonly outagesMs: Outages
  readonly limitsMs: OutageLimits
  readonly counts: Counts
  /** Whether the stage tells anybody what happens to orders: where it does not, no event can be lost. */
  readonly hasEvents: boolean
  /** What the drill has measured beside that. */
  readonly figures: readonly string[]
  readonly events: readonly { readonly what: string; readonly atMs: number }[]
  /** Settings of the stage that take a protection away which this drill is about. */
  readonly protectionOff: readonly string[]
  readonly wrong: readonly string[]
}

export type DrillLoad = { readonly ratePerS: number; readonly seed: number; readonly isSmall: boolean }

/** The draws of the traffic and of the fault: neither may depend on how many the other has taken. */
const TRAFFIC = 0
const FAULT = 1

/** Traffic before the fault, so that connections are open and a baseline is there. */
const BEFORE_MS = 2_000
/** A stage without a protection may never be whole again. */
const UNPROTECTED_HEAL_MS = 15_000
/** And after the stage is whole again. */
const AFTER_MS = 1_000

/** Throws one line when the drill says nothing: the stage was not well before it, or cannot be asked after it. */
export async function runDrill(name: DrillName, stage: () => StageState, load: DrillLoad): Promise<Outcome> {
  const drill: Drill = DRILLS[name]
  await untilWhole(stage, HEALED.withinMs)
  const tidy = await drill.prepare?.(stage, { draw: drawsOf(load.seed, FAULT), isSmall: load.isSmall })
  return undone(
    async () => tidy?.(),
    () => judged(name, stage, load),
  )
}

async function judged(name: DrillName, stage: () => StageState, { ratePerS, seed, isSmall }: DrillLoad): Promise<Outcome> {
  const drill: Drill = DRILLS[name]
  const off = protectionOff(drill, stage())
  const healWithinMs = off.length > 0 ? UNPROTECTED_HEAL_MS : HEALED.withinMs
  const take = () => snapshotOf(stage())
  const before = await take()
  say(`${name}: ${ratePerS} requests a second to ${stage().url}; ${drill.summary}`)
  const traffic = await startTraffic(stage().url, { ratePerS, draw: drawsOf(seed, TRAFFIC), customers: drill.customers ?? 0 })
  const making: Making = { drill, stage, draw: drawsOf(seed, FAULT), isSmall, healWithinMs, figures: [], wrong: [] }
  const { events, complaints } = await faultUnder(traffic, making)
  const { recording } = traffic
  const { findings } = await eventualFindings(before, historyOf(recording.lines), { take }).catch((error: Error) => {
    // Where the stage did not heal, whoever is to be asked may be what is missing.
    if (complaints.length === 0) throw error
    complaints.push(error.message)
    return { findings: [] }
  })
  const seen = checkSightings(recording.sightings, drill.mayLoseSessions?.(events))
  // What was wrong before this drill is none of its doing.
  const all = [...findings.filter(({ old }) => !old), ...seen.findings]
  const { sent } = recording
  return {
    drill: name,
    stage: stage().stage,
    seed,
    requests: sent.length,
    failed: failuresOf(sent).length,
    lastFailureMs: lastFailure(recording, events),
    outagesMs: outagesOf(recording, events),
    limitsMs: drill.limitsMs,
    counts: countsOf(recording, all, seen.lostInWindow.length),
    hasEvents: before.told !== undefined,
    figures: [...making.figures, ...(drill.figures?.(sent, events) ?? [])],
    events: events.map(({ what, at }) => ({ what, atMs: Math.round(at - (events[0]?.at ?? at)) })),
    protectionOff: off,
    wrong: [
      ...complaints,
      ...making.wrong,
      ...leftUnknown(recording),
      ...judgeOutages(recording, events, drill.limitsMs),
      ...(drill.judge?.(sent, events) ?? []),
      ...all.map(({ fault, subject, detail }) => `${fault}: ${subject}: ${detail}`),
    ],
  }
}

type Making = Omit<Means, 'rush'> & { readonly drill: Drill; readonly stage: () => StageState }
type Made = { readonly events: readonly FaultEvent[]; readonly complaints: string[] }

/** A stage that does not heal is a finding like any other: what its clients saw is judged all the same. */
async function faultUnder(traffic: Traffic, { drill, stage, ...means }: Making): Promise<Made> {
  const events: FaultEvent[] = []
  const complaints: string[] = []
  try {
    await sleep(BEFORE_MS)
    await drill.inject(stage, events, { ...means, rush: traffic.rush })
    await untilWhole(stage, means.healWithinMs)
    await sleep(AFTER_MS)
  } catch (error) {
    if (error instanceof CommandError) throw error
    complaints.push((error as Error).message)
  } finally {
    await traffic.stop()
  }
  return { events, complaints }
}

function leftUnknown({ leftUnknown: count }: Recording): string[] {
  return count === 0 ? [] : [`${count} requests never got an answer, however often they were sent again`]
}

/** How long after the fault a failed request still ended. */
function lastFailure({ sent }: Recording, [fault]: readonly FaultEvent[]): number | null {
  const ends = failuresOf(sent).map(({ endedAt }) => endedAt)
  return fault && ends.length > 0 ? Math.max(0, Math.round(Math.max(...ends) - fault.at)) : null
}

function protectionOff({ unprotected }: Drill, { settings }: StageState): string[] {
  const pairs = new Set(unprotected.flatMap(({ set }) => set))
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .filter((pair) => pairs.has(pair))
}
