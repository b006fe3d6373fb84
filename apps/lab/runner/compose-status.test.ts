import { expect, test } from 'vitest'
import type { Container } from '../../../infra/compose/containers.ts'
import { loadStage } from '../../../infra/stage/catalogue.ts'
import { planOf } from '../../../infra/stage/plan.ts'
import { composeStatus } from './compose-status.ts'

const plan = planOf(await loadStage('3'), { portBase: 4_000, runtime: 'compose' })
const use = { memoryMiB: 80, cpuMsPerS: 1 }

/** All programs' containers are well, but for these. */
function statusWith(others: Readonly<Record<string, Partial<Container>>>) {
  const containers = plan.programs.map(({ name }) => {
    return { service: `stage3-${name}`, state: 'running', health: 'healthy', exitCode: 0, ...use, ...others[name] }
  })
  const { ready, hosts } = composeStatus(plan, new Map(containers.map((one) => [one.service, one])))
  return { ready, conditions: Object.fromEntries(hosts.map(({ name, condition }) => [name, condition])) }
}

test('a stage whose entry is well is up, whatever else is missing', () => {
  const { ready, conditions } = statusWith({ 'app-2': { state: 'exited', health: '', exitCode: 137 } })
  expect(ready).toBe(true)
  expect(conditions).toEqual({ db: 'up', bank: 'up', 'app-1': 'up', 'app-2': 'exited with 137', 'app-3': 'up', edge: 'up' })
})

test('one whose entry is not well yet is not', () => {
  expect(statusWith({ edge: { health: 'starting' } })).toMatchObject({ ready: false, conditions: { edge: 'starting' } })
})

test('a stage of which there are no containers has no rows', () => {
  expect(composeStatus(plan, new Map()).hosts).toEqual([])
})
