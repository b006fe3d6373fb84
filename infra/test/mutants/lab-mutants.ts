/** What judges and what runs the stages: a check that cannot fail, or a program that nobody starts again. */
import { mutantsOf } from './mutant.ts'

/** Where nothing may be found, and where each planted fault must be. */
const HEALTHY = 'apps/lab/invariants/check.test.ts'
const INVARIANTS = 'apps/lab/invariants/planted-faults.test.ts'
const SIGHTINGS = 'apps/lab/invariants/check-sightings.test.ts'
const OUTAGES = 'apps/lab/drills/outages.test.ts'
const SUPERVISION = 'infra/local/run/supervised-program.test.ts'
const EDGE = 'infra/haproxy/config.test.ts'
const JUDGES = 'apps/lab/drills/judges.test.ts'
const RADIUS = 'apps/lab/drills/blast-radius.test.ts'

const invariants = [
  ...mutantsOf('apps/lab/invariants/eventual-findings.ts', 'apps/lab/invariants/eventual-findings.test.ts', [
    ['return findings.some((finding) => mayEnd', 'return false', 'a payment that is still being settled is called unsettled'],
    ["'checkout not ended': 10_000,", "'checkout not ended': 15_000,", 'a checkout that is ended late is not seen'],
  ]),
  ...mutantsOf('apps/lab/invariants/stock.ts', HEALTHY, [
    [
      'const expected = was.stock + was.sold + was.reserved + changed',
      'const expected = was.stock + was.sold + was.reserved - is.sold - is.reserved',
      'a stock that was changed by hand is called lost',
    ],
  ]),
  ...mutantsOf('apps/lab/invariants/stock.ts', INVARIANTS, [
    ['if (is.stock < 0) findings.push(', '', 'a stock below zero is not seen'],
  ]),
  ...mutantsOf('apps/lab/invariants/orders.ts', INVARIANTS, [
    [
      "if (stored === undefined) return [finding('acknowledged order missing'",
      'if (stored === undefined) return []',
      'an acknowledged order that is gone is not seen',
    ],
    ['...duplicateFindings(history),', '', 'two orders for one key are not seen'],
    ['if (refused.has(key)) return', '', 'an order that was refused and is there has another name'],
  ]),
  ...mutantsOf('apps/lab/invariants/charges.ts', INVARIANTS, [
    ['if (own.length > 1) findings.push(', '', 'a double charge is not seen'],
    ["if (own.length === 0) return [finding('paid order without charge'", '', 'an order that nobody paid for is not seen'],
  ]),
  ...mutantsOf('apps/lab/invariants/prices.ts', INVARIANTS, [
    [
      'if (stored === undefined || stored >= acknowledged) return []',
      'if (stored !== acknowledged) return []',
      'a price that was lost is not seen',
    ],
  ]),
  ...mutantsOf('apps/lab/invariants/reads.ts', SIGHTINGS, [
    [
      'const due = latestBefore(acknowledged, read.startedAt)',
      'const due = latestBefore(acknowledged, 0)',
      'a stale read is not seen',
    ],
    ["...(own[0]?.register.of !== 'price' ? backwardFindings(own) : []),", '', 'a read that goes backwards is not seen'],
  ]),
  ...mutantsOf('apps/lab/invariants/sessions.ts', SIGHTINGS, [
    [
      '...[...sessions].flatMap(([, seen]) => revokedFindings(seen)),',
      '',
      'a session that goes on after its log-out is not seen',
    ],
    [
      'const declared = lost.filter((one) => windows.some(({ from, to }) => one.begunAt >= from && one.begunAt <= to))',
      'const declared = lost',
      'every lost session is excused',
    ],
  ]),
]

const drills = [
  ...mutantsOf('apps/lab/drills/blast-radius.ts', RADIUS, [
    ['...(wrong.length > 0', '...(wrong.length > 1e9', 'a dead server may fail anybody’s requests'],
    ['...(answered.length > 0', '', 'a dead server may answer'],
    ['...unseen(meanwhile, isLost),', '', 'a drill that nobody came to is green'],
  ]),
  ...mutantsOf('apps/lab/drills/faults/kill-edge.ts', JUDGES, [
    ['if (afterMs <= BACK_WITHIN_MS) return []', 'return []', 'a load balancer that is back too late is excused'],
    ['if (answered.length === 0) return [', 'if (answered.length === 0) return []', 'one that nobody hears of again is excused'],
  ]),
  ...mutantsOf('apps/lab/drills/faults/kill-bank.ts', JUDGES, [
    ['const failed = failuresOf(sent).filter(', 'const failed: Sent[] = []', 'whoever fails has the bank for an excuse'],
    ['const failed = failuresOf(later)', 'const failed: Sent[] = []', 'a bank that is back may fail'],
    ['...(later.some(isAnsweredPayment)', '', 'a bank of which nothing is heard again is excused'],
  ]),
  ...mutantsOf('apps/lab/load/run-load.ts', 'apps/lab/load/run-load.test.ts', [
    ['return journeys.finished + journeys.soldOut > 0', 'return true', 'a load of which nothing finished ends well'],
  ]),
  ...mutantsOf('apps/lab/compare/complaints.ts', 'apps/lab/compare/complaints.test.ts', [
    [
      'return [...unkept(results), ...broken(results)]',
      'return broken(results)',
      'a comparison in which nothing was kept ends well',
    ],
  ]),
  ...mutantsOf('apps/lab/drills/outages.ts', OUTAGES, [
    ["if (!fault) return ['no fault was made']", 'if (!fault) return []', 'a drill without a fault is green'],
    [
      'return limitMs > 0 && endedAt >= fault.at && startedAt <= fault.at + limitMs',
      'return endedAt >= fault.at && startedAt <= fault.at + limitMs',
      'a failure at the moment of a fault that excuses nothing is excused',
    ],
    ['const SILENCE_MS = 2_000', 'const SILENCE_MS = 20_000', 'an outage of seconds is none'],
  ]),
]

const judges = [
  ...mutantsOf('apps/lab/compare/judge/bottleneck.ts', 'apps/lab/compare/judge/bottleneck.test.ts', [
    [
      'if (busiest.shareAtCapacity >= BUSY_SHARE || share >= BUSY_SHARE) {',
      'if (busiest.shareAtCapacity < BUSY_SHARE) {',
      'a host that is full is not named as the bottleneck',
    ],
  ]),
  ...mutantsOf('apps/lab/compare/judge/advice.ts', 'apps/lab/compare/judge/advice.test.ts', [
    ["if (availability < LEAST_AVAILABILITY) return 'availability'", '', 'a stage that fails is advised to grow'],
  ]),
  ...mutantsOf('apps/lab/compare/judge/noise.ts', 'apps/lab/compare/judge/noise.test.ts', [
    [
      "return { ratio, outcome: ratio.median > 1 ? 'more' : 'less' }",
      "return { ratio, outcome: ratio.median > 1 ? 'less' : 'more' }",
      'faster is called slower',
    ],
  ]),
  ...mutantsOf('apps/lab/compare/judge/shards.ts', 'apps/lab/compare/judge/shards.test.ts', [
    [
      'return shards.reduce((most, shard) => (shard.cpuMsPerJourney > most.cpuMsPerJourney ? shard : most))',
      'return shards.reduce((most, shard) => (shard.cpuMsPerJourney < most.cpuMsPerJourney ? shard : most))',
      'the idlest server of customers is told for the busiest',
    ],
  ]),
  ...mutantsOf('apps/lab/compare/host-size.ts', 'apps/lab/compare/host-size.test.ts', [
    ['if (usual <= most) return', 'if (usual > 0) return', 'hosts are larger than the machine'],
  ]),
  ...mutantsOf('apps/lab/compare/measure/shop-state.ts', 'apps/lab/compare/measure/shop-state.test.ts', [
    [
      'return (await selectTables(db)).filter((table) => table !== SESSIONS)',
      'return selectTables(db)',
      'a reset logs out whoever is logged in',
    ],
  ]),
  ...mutantsOf('apps/lab/skew/judge.ts', 'apps/lab/skew/judge.test.ts', [
    ['return isShown ? [] : [claim]', 'return []', 'a skew that is not seen is told of'],
  ]),
  ...mutantsOf('apps/lab/compare/law.ts', 'apps/lab/compare/judge/bottleneck.test.ts', [
    [
      '.toSorted((one, other) => one.bound - other.bound || other.host.cpuMsPerJourney - one.host.cpuMsPerJourney)',
      '.toSorted((one, other) => other.bound - one.bound)',
      'the idlest host is taken for the bound',
    ],
  ]),
]

const running = [
  ...mutantsOf('infra/local/run/supervised-program.ts', SUPERVISION, [
    ['running.ended.then((how) => this.#heal(how))', '', 'a program that ended is not started again'],
    ['if (await endsWithin(running,', 'return', 'a program that does not hear TERM outlives its stage'],
    [
      'const withinMs = running.heartbeat.hasBegun ? stopWithinMs',
      'const withinMs = stopWithinMs',
      'a program that was never ready is waited for like one that serves',
    ],
    ['if (this.#running === running) this.#running = undefined', '', 'a program that is gone is said to be there'],
  ]),
  ...mutantsOf('infra/local/launch/node-program.ts', 'infra/local/launch/node-program.test.ts', [
    ['const ALLOCATION =', 'const ALLOCATION = {}', 'an app of many log-ins takes half a gigabyte'],
  ]),
  ...mutantsOf('infra/local/state/stage-state.ts', 'infra/local/state/stage-state.test.ts', [
    ['writeAtomically(file,', 'writeAtomically(file, JSON.stringify(state))', 'who restarts a program waits for the disk first'],
  ]),
  ...mutantsOf('apps/lab/runner/tool.ts', 'apps/lab/runner/tool.test.ts', [
    [
      "if (name === 'vitest') requireReadablePath(",
      '',
      'in a folder with # in its path there are no tests, and nobody is told why',
    ],
  ]),
  ...mutantsOf('infra/process/process-group.ts', 'infra/process/process-group.test.ts', [
    [
      'if (row?.startTime !== target.startTime) return',
      'if (!row) return',
      'a stranger is ended that has the number of one that is gone',
    ],
    [
      "for (const target of running.filter(isRunning)) signalGroup(target, 'SIGKILL')",
      '',
      'what does not hear TERM is left running',
    ],
  ]),
  ...mutantsOf('infra/local/state/stage-lock.ts', 'infra/local/state/stage-lock.test.ts', [
    ['return () => releaseLock(file, own)', 'return () => {}', 'a stage that was ended counts as running'],
  ]),
  ...mutantsOf('infra/stage/redis-programs.ts', 'infra/stage/plan.test.ts', [
    ['const quorum = Math.floor(sentinels.length / 2) + 1', 'const quorum = 1', 'one Sentinel alone makes a primary'],
  ]),
]

const heartbeat = mutantsOf('infra/local/run/heartbeat.ts', SUPERVISION, [
  [
    'return failure !== undefined && this.#isLost ? { changed, lostBecause: failure } : { changed }',
    'return { changed }',
    'a program that hangs is left hanging',
  ],
  ['if (now - this.#askedAt <= ASLEEP_AFTER_MS) return', 'if (now > 0) return', 'a program is ended for a sleep of the machine'],
])

const hungApps = mutantsOf('infra/haproxy/config.ts', 'infra/haproxy/faults.test.ts', [
  ["'http-request disable-l7-retry unless METH_GET',", '', 'a write whose answer broke off is sent twice'],
  ["'http-check disable-on-404',", '', 'an app that leaves loses what it works on'],
])

const edge = mutantsOf('infra/haproxy/config.ts', EDGE, [
  ['`timeout check ', "'timeout check 1s',", 'what is lost with an app that hangs is told after more than a second'],
  ["'http-request del-header x-forwarded-for',", '', 'a client says where it is'],
  ["'option forwardfor',", '', 'all clients have the address of the edge'],
])

export const LAB_MUTANTS = [...invariants, ...drills, ...judges, ...running, ...heartbeat, ...hungApps, ...edge]
