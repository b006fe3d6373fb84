/**
 * `results.json`: what a comparison measured. This schema is its documentation, and a file is checked against it before it is read.
 * Times are in milliseconds, rates in finished journeys a second, CPU in CPU seconds unless a name says otherwise.
 */
import Type, { type Static } from 'typebox'

export const SCHEMA_VERSION = 2

const Count = Type.Integer({ minimum: 0 })
const Share = Type.Number({ minimum: 0, description: 'a part of one' })
/** A figure of several rounds: never a single one without its spread. */
export const Spread = Type.Object({ median: Type.Number(), min: Type.Number(), max: Type.Number() })
export type Spread = Static<typeof Spread>

/** One k6 run at one arrival rate. */
export const LoadResult = Type.Object({
  round: Count,
  purpose: Type.Union([Type.Literal('warm-up'), Type.Literal('demand'), Type.Literal('search'), Type.Literal('latency')]),
  offeredRate: Type.Number({ description: 'journeys a second that were started' }),
  finishedRate: Type.Number({ description: 'journeys a second that finished with every check passed' }),
  durationS: Type.Number(),
  p50Ms: Type.Number(),
  p95Ms: Type.Number(),
  p99Ms: Type.Number(),
  errorShare: Share,
  dropped: Count,
  kept: Type.Boolean({ description: 'p95, errors and drops were within the limits' }),
  cpuSByHost: Type.Record(Type.String(), Type.Number()),
  generatorCpuShare: Type.Number({ description: 'CPUs that k6 used' }),
})
export type LoadResult = Static<typeof LoadResult>

export const HostUse = Type.Object({
  host: Type.String(),
  kind: Type.String({ description: 'what runs on it: app, mysql, haproxy, or several joined by +' }),
  sizeCpu: Type.Union([Type.Number(), Type.Null()], { description: 'null: unsized' }),
  /** What it takes without a journey, in CPUs. */
  restCpu: Type.Optional(Type.Number()),
  cpuMsPerJourney: Type.Number({ description: 'beyond what it takes at rest' }),
  shareAtCapacity: Type.Number({ description: 'of its size, at capacity' }),
  memoryMiB: Type.Number(),
})
export type HostUse = Static<typeof HostUse>

export const ShardUse = Type.Object({
  host: Type.String(),
  requestShare: Type.Union([Share, Type.Null()], { description: 'of what was asked for customers; null: the apps did not tell' }),
  cpuShare: Type.Number({ description: 'of the CPU that a journey takes on all of these hosts' }),
  cpuMsPerJourney: Type.Number(),
})
export type ShardUse = Static<typeof ShardUse>

export const Latency = Type.Object({
  shareOfSmallestCapacity: Type.Number({ description: '0.5 or 0.8' }),
  rate: Type.Number(),
  p50Ms: Spread,
  p95Ms: Spread,
  p99Ms: Spread,
  /** What verdicts are made of; earlier reports have it not, and decide nothing. */
  p50MsByRound: Type.Optional(Type.Array(Type.Number())),
})
export type Latency = Static<typeof Latency>

export const Bottleneck = Type.Object({
  host: Type.String(),
  why: Type.String({ description: 'one sentence with the evidence' }),
  bound: Type.Number({ description: 'journeys a second: (size − CPU at rest) ÷ CPU demand a journey, at the busiest host' }),
  share: Type.Number({ description: 'highest rate kept ÷ bound, in the middle one of the rounds' }),
  /** What a journey waits for at capacity, the longest first. */
  waits: Type.Optional(
    Type.Array(
      Type.Object({
        kind: Type.String({ description: 'query, connection, redis, or turn: that of the app' }),
        of: Type.String(),
        perJourney: Type.Number(),
        msEach: Type.Number(),
      }),
    ),
  ),
  advice: Type.Object({
    metric: Type.Union([Type.Literal('latency'), Type.Literal('throughput'), Type.Literal('availability')]),
    sentence: Type.String(),
    answeredByStage: Type.Union([Type.Integer(), Type.Null()]),
  }),
})
export type Bottleneck = Static<typeof Bottleneck>

export const WorkloadResult = Type.Object({
  workload: Type.String(),
  capacity: Spread,
  /**
   * One for each round: the geometric mean of the highest rate kept and of what CPU demand allows (the first alone without sizes, and
   * where journeys wait for something else than CPU),
   * corrected by the reference workload for the machine's drift.
   */
  capacityByRound: Type.Array(Type.Number()),
  /** Milliseconds that the reference workload took in each round: 5 % more is a machine that was 5 % slower. */
  referenceMsByRound: Type.Optional(Type.Array(Type.Number())),
  latency: Type.Array(Latency),
  availability: Type.Number({ description: 'share of requests answered without an error over all measured loads' }),
  bottleneck: Bottleneck,
  cpuMsPerJourney: Type.Number({ description: 'over all hosts of the stage, the bank left out; beyond what they take at rest' }),
  restCpu: Type.Optional(Type.Number({ description: 'CPUs that all hosts of the stage take at rest' })),
  queriesPerJourney: Type.Number(),
  /** Mean time that an app waited for the answer to a query, well below capacity. */
  queryMs: Type.Optional(Type.Number()),
  cacheHitShare: Type.Union([Type.Number(), Type.Null()]),
  loopDelayP99Ms: Type.Union([Type.Number(), Type.Null()]),
  poolWaitMsPerQuery: Type.Union([Type.Number(), Type.Null()]),
  /** What transactions waited for each other's rows. */
  lockWaitMsPerJourney: Type.Optional(Type.Number()),
  hosts: Type.Array(HostUse),
  /** Of a stage whose customers are in buckets over servers. */
  shards: Type.Optional(Type.Array(ShardUse)),
  costPerThousandJourneys: Type.Number({ description: 'host seconds: sized hosts × 1,000 ÷ capacity' }),
  loads: Type.Array(LoadResult),
  invariants: Type.Array(Type.Object({ name: Type.String(), ok: Type.Boolean(), detail: Type.String() })),
})
export type WorkloadResult = Static<typeof WorkloadResult>

export const StageResult = Type.Object({
  stage: Type.Integer(),
  name: Type.String({ description: 'the stage, and the settings that it was given' }),
  adds: Type.String(),
  diagram: Type.String({ description: 'the picture, as text' }),
  settings: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
  hostsUsed: Count,
  workloads: Type.Array(WorkloadResult),
})
export type StageResult = Static<typeof StageResult>

export const Verdict = Type.Object({
  workload: Type.String(),
  from: Type.Integer({ description: 'stage number' }),
  to: Type.Integer(),
  ratio: Spread,
  outcome: Type.Union([Type.Literal('faster'), Type.Literal('slower'), Type.Literal('mixed'), Type.Literal('noise')], {
    description: 'mixed: it carries more and each visitor waits longer, or the other way round',
  }),
  sentence: Type.String({ description: 'what the step bought, what it cost, and the next bottleneck' }),
})
export type Verdict = Static<typeof Verdict>

export const ShardVerdict = Type.Object({
  workload: Type.String(),
  stage: Type.Integer(),
  servers: Count,
  cpuMsPerJourney: Type.Number({ description: 'of the busiest of them' }),
  partOfOne: Type.Union([Type.Number(), Type.Null()], {
    description: 'of what one server takes that has all buckets; null where no column has one',
  }),
  mostPart: Type.Number({ description: 'what that may be: 1 ÷ (0.85 × servers)' }),
  sentence: Type.String(),
})
export type ShardVerdict = Static<typeof ShardVerdict>

export const Results = Type.Object({
  schemaVersion: Type.Literal(SCHEMA_VERSION),
  startedAt: Type.String(),
  finishedAt: Type.String(),
  partial: Type.Boolean({ description: 'interrupted: only what was measured is here' }),
  quick: Type.Boolean(),
  commit: Type.String(),
  command: Type.String(),
  machine: Type.Object({
    cpus: Type.Integer(),
    cpuModel: Type.String(),
    memoryMiB: Type.Integer(),
    os: Type.String(),
    node: Type.String(),
    database: Type.String(),
    haproxy: Type.String(),
    k6: Type.String(),
    limits: Type.String({ description: 'cgroup v1, cgroup v2, systemd, or unsized' }),
  }),
  hostSizeCpu: Type.Union([Type.Number(), Type.Null()]),
  rounds: Count,
  order: Type.Array(Type.Array(Type.Integer()), { description: 'the stages in the order of each round' }),
  seedChecksum: Type.String(),
  limits: Type.Object({ p95Ms: Type.Number(), errorShare: Type.Number() }),
  rig: Type.Object({
    ceilingRate: Type.Number({ description: 'requests a second that k6 reached against a constant answer' }),
    limited: Type.Boolean({ description: 'the load generator, not a stage, was the limit somewhere' }),
    notes: Type.Array(Type.String()),
  }),
  stages: Type.Array(StageResult),
  /** For each workload, each stage and the one named after it, in the order of `stages`. */
  verdicts: Type.Array(Verdict),
  /** Each column whose customers are in buckets over servers. */
  shardVerdicts: Type.Optional(Type.Array(ShardVerdict)),
  /** With `--against`: each stage beside itself in an earlier report. */
  against: Type.Optional(
    Type.Object({
      startedAt: Type.String(),
      commit: Type.String(),
      notes: Type.Array(Type.String()),
      verdicts: Type.Array(Verdict),
    }),
  ),
})
export type Results = Static<typeof Results>
