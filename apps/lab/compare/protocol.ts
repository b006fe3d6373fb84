/** How much is measured: the numbers that decide how long a comparison takes and how sure it is. The load script takes whole seconds. */
export type Protocol = {
  /** What it is meant to end in; more rounds than these are made where they fit. */
  readonly withinS: number
  readonly rounds: number
  /** App load before the hosts get their size: slice by slice until CPU per journey has stopped falling. */
  readonly warmUpSliceS: number
  readonly leastWarmUpSlices: number
  readonly mostWarmUpSlices: number
  /** Thrown away: a process that has had nothing to do for a while has let go of compiled code. */
  readonly leadInS: number
  /** Once, with nothing asked of any stage: what they take at rest. */
  readonly restS: number
  readonly demandS: number
  /** Long enough that one garbage collection, 0.3 s on a small host, is no more than a twentieth of it. */
  readonly searchS: number
  readonly firstSearchTrials: number
  readonly laterSearchTrials: number
  readonly latencyS: number
  /** Latencies are taken at these parts of the smallest capacity that is compared, in every round. */
  readonly latencyShares: readonly number[]
  readonly rigS: number
  /** Times that the reference is run before and after a search, each more than a second on a host of 0.15 CPU; their median counts. */
  readonly referenceRuns: number
  /** Rates tried again in a round where there is time, because they were missed for another reason than load, or the bound says so. */
  readonly mostRepeats: number
}

/** Where CPU is what ends a search, the highest rate kept lies between these parts of the bound that CPU demand sets. */
export const SHARES = { least: 0.85, most: 1.05 } as const

/** What a stage must keep to count as keeping up, on hosts of the usual size; smaller ones have more time (host-size.ts). */
export const USUAL_P95_MS = 250
export const MOST_ERRORS = 0.001

/** Of the capacity that CPU demand promises: enough load to be typical, too little to queue. */
export const DEMAND_SHARE = 0.55
/** Fewer decide nothing (judge/noise.ts). */
const LEAST_ROUNDS = 4
/** The middle one of five is steadier than of three. */
const MOST_USEFUL_ROUNDS = 5

export const FULL: Protocol = {
  // Three stages and two workloads in 20 minutes on two cores, also on a machine that is slower than planned.
  withinS: 19 * 60,
  rounds: LEAST_ROUNDS,
  warmUpSliceS: 4,
  leastWarmUpSlices: 2,
  mostWarmUpSlices: 3,
  leadInS: 2,
  restS: 5,
  demandS: 5,
  searchS: 6,
  firstSearchTrials: 4,
  laterSearchTrials: 3,
  latencyS: 4,
  latencyShares: [0.5, 0.8],
  rigS: 4,
  referenceRuns: 2,
  mostRepeats: 3,
}

/** Two stages and one workload in two minutes. Four short rounds say more than one long one: they have a spread. */
export const QUICK: Protocol = {
  withinS: 2 * 60,
  rounds: LEAST_ROUNDS,
  warmUpSliceS: 3,
  leastWarmUpSlices: 1,
  mostWarmUpSlices: 1,
  leadInS: 1,
  restS: 2,
  demandS: 2,
  searchS: 3,
  firstSearchTrials: 2,
  laterSearchTrials: 1,
  latencyS: 2,
  latencyShares: [0.5],
  rigS: 1,
  referenceRuns: 1,
  mostRepeats: 0,
}

/** Around each k6 run: its start, two readings of the apps' metrics, the files. */
const AROUND_RUN_S = 0.3
/** Reset, snapshots and invariants of one stage, workload and round, and each run of the reference before and after. */
const AROUND_CELL_S = 2
const REFERENCE_PAIR_S = 1
export const START_S = 6

/** Where nobody says how many. */
export function usualRounds(protocol: Protocol, stages: number, workloads: number): number {
  const more = { ...protocol, rounds: MOST_USEFUL_ROUNDS }
  return expectedSeconds(more, stages, workloads) <= protocol.withinS ? MOST_USEFUL_ROUNDS : protocol.rounds
}

/** Seconds that a comparison will take, before anything is known of it. */
export function expectedSeconds(protocol: Protocol, stages: number, workloads: number): number {
  const rounds = Array.from({ length: protocol.rounds }, (_, index) => roundSeconds(protocol, index + 1))
  const each = warmUpSeconds(protocol) + rounds.reduce((total, seconds) => total + seconds, 0)
  return START_S + protocol.rigS + protocol.restS + stages * workloads * each
}

/** Of one stage and workload, as all that follow. */
export function warmUpSeconds(protocol: Protocol): number {
  return protocol.mostWarmUpSlices * (protocol.warmUpSliceS + AROUND_RUN_S)
}

/** `round` counts from 1. */
export function roundSeconds(protocol: Protocol, round: number): number {
  const trials = round === 1 ? protocol.firstSearchTrials : protocol.laterSearchTrials
  const latencies = protocol.latencyShares.length
  const loads = protocol.leadInS + protocol.demandS + trials * protocol.searchS + latencies * protocol.latencyS
  return AROUND_CELL_S + protocol.referenceRuns * REFERENCE_PAIR_S + loads + (2 + trials + latencies) * AROUND_RUN_S
}

/** The stages of each round: A B C, C B A, …, so that a drift of the machine hits all alike. */
export function orderOf<Item>(items: readonly Item[], round: number): Item[] {
  return round % 2 === 1 ? [...items] : items.toReversed()
}
