import { describe, expect, test } from 'vitest'
import type { HostUse } from '../results.ts'
import { type Evidence, limitOf } from './bottleneck.ts'

function host(name: string, kind: string, cpuMsPerJourney: number, shareAtCapacity: number): HostUse {
  return { host: name, kind, sizeCpu: 0.15, cpuMsPerJourney, shareAtCapacity, memoryMiB: 100 }
}

const split: Evidence = {
  hosts: [host('db', 'mysql', 1.5, 0.5), host('app-1', 'app', 3, 0.98)],
  machineCpus: 2,
  bound: 50,
  share: 0.96,
  programShares: {},
  waits: [{ kind: 'query', of: 'db', perJourney: 7, msEach: 1.2 }],
  poolWaitMsPerQuery: 0.1,
  loopDelayP99Ms: 31,
  lockWaitMsPerJourney: 0,
  journeyMs: 60,
}

describe('a host at its size', () => {
  test('is the bottleneck, with the bound that its CPU demand sets', () => {
    const limit = limitOf(split)
    expect(limit).toMatchObject({ nature: 'cpu', host: 'app-1', kind: 'app' })
    expect(limit.bound).toBeCloseTo(50)
    expect(limit.share).toBeCloseTo(0.96)
    expect(limit.why).toBe('app-1 used 98 % of its 0.15 CPU at capacity, 3.0 ms for each journey; event-loop delay p99 31 ms.')
  })
  test('names its equals, and a pool that requests wait for', () => {
    const hosts = [host('app-1', 'app', 3, 0.98), host('app-2', 'app', 2.9, 0.95), host('db', 'mysql', 1, 0.4)]
    expect(limitOf({ ...split, hosts, poolWaitMsPerQuery: 4 }).why).toMatch(
      /^app-1 \(like app-2\) used .*4\.0 ms wait for a connection/,
    )
  })
  test('says how two programs share it', () => {
    const hosts = [host('node', 'app+mysql', 4, 0.97)]
    const limit = limitOf({
      ...split,
      hosts,
      share: 0.96,
      programShares: { node: { 'app-1': 0.6, db: 0.4 }, other: { cache: 1 } },
    })
    expect(limit.why).toContain('60 % of it app-1 and 40 % of it db')
  })
})

test('where no host is at its size, the database that journeys wait for is named', () => {
  const hosts = [host('db', 'mysql', 1.5, 0.3), host('app-1', 'app', 3, 0.6)]
  const waits = [{ kind: 'query', of: 'db', perJourney: 7, msEach: 6.3 }] as const
  const limit = limitOf({ ...split, hosts, waits, share: 0.6 })
  expect(limit).toMatchObject({ nature: 'wait', host: 'db' })
  expect(limit.why).toContain('7.0 queries of 6.3 ms each to db')
})

test('where no host is at its size, all that a journey waits for is told, the longest first', () => {
  const hosts = [host('state', 'redis', 0.2, 0.1), host('primary', 'mysql', 1.5, 0.3), host('app-1', 'app', 3, 0.6)]
  const waits = [
    { kind: 'turn', of: 'the app', perJourney: 9, msEach: 0.5 },
    { kind: 'redis', of: 'state', perJourney: 12, msEach: 5 },
    { kind: 'connection', of: 'primary', perJourney: 18, msEach: 0.1 },
    { kind: 'query', of: 'primary', perJourney: 18, msEach: 7 },
  ] as const
  const limit = limitOf({ ...split, hosts, waits, share: 0.6, journeyMs: 200 })
  expect(limit.host).toBe('primary')
  expect(limit.why).toBe(
    'No host is at its size (app-1 at 60 %): a journey of 200 ms waits for 18.0 queries of 7.0 ms each to primary, ' +
      'then for 12.0 commands of 5.0 ms each to state, then for its turn in the app, 9.0 times 0.5 ms.',
  )
})
