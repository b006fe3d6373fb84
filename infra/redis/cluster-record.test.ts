import { expect, test } from 'vitest'
import { type ClusterNode, clusterRecords, nodeId, slotsOfShard } from './cluster-record.ts'

const NODES = nodesAt(5_000)
const id = (name: string) => nodeId('seed', name)
const none = new Map<string, string>()

function nodesAt(base: number): ClusterNode[] {
  return ['state-1', 'state-2', 'state-3', 'state-4'].map((name, index) => {
    return { name, port: base + index, busPort: base + 10 + index, shard: (index % 3) + 1 }
  })
}

/** Of the line about that node in the file of another. */
function lineOf(name: string, record = ''): string {
  return record.split('\n').find((line) => line.startsWith(id(name))) ?? ''
}

test('before the first start each master has its part of the slots, and each replica its master', () => {
  const record = clusterRecords(NODES, 'seed', none).get('state-2')
  expect(lineOf('state-1', record)).toBe(`${id('state-1')} 127.0.0.1:5000@5010 master - 0 0 1 connected 0-5461`)
  expect(lineOf('state-2', record)).toMatch(/ myself,master - 0 0 2 connected 5462-10922$/)
  expect(lineOf('state-4', record)).toBe(`${id('state-4')} 127.0.0.1:5003@5013 slave ${id('state-1')} 0 0 1 connected`)
})

test.each([1, 2, 3, 5, 7])('%d shards have all slots, each once', (shards) => {
  const ranges = Array.from({ length: shards }, (_, index) => slotsOfShard(index + 1, shards))
  expect(ranges.map(([first]) => first)).toEqual([0, ...ranges.slice(0, -1).map(([, last]) => last + 1)])
  expect(ranges.at(-1)?.[1]).toBe(16_383)
})

test('what a node knows stays, and its neighbours are at the ports of today', () => {
  const own = `${id('state-1')} 127.0.0.1:7000@7010,,tls-port=0 slave ${id('state-4')} 0 17 9 connected\n${id('state-4')} :0@0 myself,master,fail - 0 0 9 connected 0-9 [7->-${id('state-2')}]\nvars currentEpoch 9 lastVoteEpoch 9\n`
  const record = clusterRecords(NODES, 'seed', new Map([['state-4', own]])).get('state-4')
  expect(lineOf('state-1', record)).toBe(
    `${id('state-1')} 127.0.0.1:5000@5010,,tls-port=0 slave ${id('state-4')} 0 17 9 connected`,
  )
  expect(lineOf('state-4', record)).toMatch(/ 127\.0\.0\.1:5003@5013 myself,master,fail .* 0-9 \[7->-/)
})

test('a node that has lost its file learns from the one that has heard most', () => {
  const before = clusterRecords(NODES, 'seed', none)
  const old = before.get('state-2') ?? ''
  const newest = (before.get('state-3') ?? '').replace('master - 0 0 1 connected 0-5461', 'master - 0 0 4 connected 7-5461')
  const known = new Map([
    ['state-2', old],
    ['state-3', newest.replace('currentEpoch 3', 'currentEpoch 4')],
  ])
  const record = clusterRecords(nodesAt(6_000), 'seed', known).get('state-1')
  expect(lineOf('state-1', record)).toBe(`${id('state-1')} 127.0.0.1:6000@6010 myself,master - 0 0 4 connected 7-5461`)
  expect(lineOf('state-3', record)).not.toContain('myself')
})

test('a node that has a name for its clients is written down with it', () => {
  const named = NODES.map((node) => ({ ...node, hostName: `host-of-${node.name}` }))
  const record = clusterRecords(named, 'seed', none).get('state-1')
  expect(lineOf('state-2', record)).toMatch(/ 127\.0\.0\.1:5001@5011,host-of-state-2 master /)
})

test('two Clusters never take each other’s nodes for their own', () => {
  expect(id('state-1')).not.toBe(nodeId('other', 'state-1'))
})
