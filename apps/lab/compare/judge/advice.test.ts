import { describe, expect, test } from 'vitest'
import { ALL_MODULES, app, bank, host, loadBalancer, mysql, stage } from '../../../../infra/stage/topology.ts'
import { adviceOn } from './advice.ts'
import type { Limit } from './bottleneck.ts'

const settings = { sessions: 'memory', cache: 'none', checkout: 'transaction' } as const
const cards = bank('bank')
const together = host('node')
const shared = mysql('db', { on: together })
const own = mysql('db')

const single = stage('1-single', {
  adds: 'One machine.',
  settings,
  entry: app('app', { on: together, modules: ALL_MODULES, data: shared, bank: cards }),
})
const split = stage('2-split', {
  adds: 'Two machines.',
  settings,
  entry: app('app', { modules: ALL_MODULES, data: own, bank: cards }),
})
const balanced = stage('3-balanced', {
  adds: 'Three copies.',
  settings,
  entry: loadBalancer('edge', { to: app('app', { copies: 3, modules: ALL_MODULES, data: own, bank: cards }) }),
})
const cached = stage('4-cached', { adds: 'A cache.', settings: { ...settings, cache: 'local' }, entry: balanced.entry })
const catalogue = [single, split, balanced, cached]

function limit(nature: Limit['nature'], kind: string, name: string): Limit {
  return { nature, kind, host: name, bound: 50, share: 0.9, why: '' }
}

describe('advice by the rule of three metrics', () => {
  test('throughput: the next stage that has more hosts for what is busy', () => {
    const advice = adviceOn(split, limit('cpu', 'app', 'app-1'), 1, catalogue)
    expect(advice).toMatchObject({ metric: 'throughput', answeredByStage: 3 })
    expect(advice.sentence).toContain('Stage 3 does: Three copies.')
    expect(adviceOn(single, limit('cpu', 'app+mysql', 'node'), 1, catalogue).answeredByStage).toBe(2)
  })
  test('throughput of a host that no stage has more of is answered by none', () => {
    expect(adviceOn(balanced, limit('cpu', 'mysql', 'db'), 1, catalogue).answeredByStage).toBeNull()
  })
  test('latency: the next stage with a cache', () => {
    expect(adviceOn(split, limit('wait', 'mysql', 'db'), 1, catalogue)).toMatchObject({ metric: 'latency', answeredByStage: 4 })
  })
  test('availability comes before both: the next stage with redundant apps', () => {
    const advice = adviceOn(single, limit('cpu', 'app+mysql', 'node'), 0.99, catalogue)
    expect(advice).toMatchObject({ metric: 'availability', answeredByStage: 3 })
  })
})
